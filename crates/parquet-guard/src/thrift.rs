//! Thrift's compact protocol, walked without believing it, and the structures of parquet.thrift.
//!
//! The Parquet crate reads a field that it knows by the type that it expects, whatever type the file
//! states; one that it does not know it skips by the type stated. So the walk insists on the
//! expected type where the field is known, or the two would read different things from the same bytes.

/// What a field of a known structure holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Double,
    Binary,
    Struct(&'static Fields),
    List(&'static Shape),
    /// How many members a group of the schema has: an [`Shape::I32`].
    Children,
    /// The row groups: a list of structures.
    RowGroups(&'static Fields),
    /// The schema's elements: a list of structures.
    Schema(&'static Fields),
}

/// The fields of a structure by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields(&'static [(i16, Shape)]);

use Shape::{Binary, Bool, Children, Double, I8, I16, I32, I64, List, Struct};

static EMPTY: Fields = Fields(&[]);
static TIME: Fields = Fields(&[
    (1, Bool),
    (2, Struct(&Fields(&[(1, Struct(&EMPTY)), (2, Struct(&EMPTY)), (3, Struct(&EMPTY))]))),
]);
static LOGICAL_TYPE: Fields = Fields(&[
    (1, Struct(&EMPTY)),
    (2, Struct(&EMPTY)),
    (3, Struct(&EMPTY)),
    (4, Struct(&EMPTY)),
    (5, Struct(&Fields(&[(1, I32), (2, I32)]))),
    (6, Struct(&EMPTY)),
    (7, Struct(&TIME)),
    (8, Struct(&TIME)),
    (10, Struct(&Fields(&[(1, I8), (2, Bool)]))),
    (11, Struct(&EMPTY)),
    (12, Struct(&EMPTY)),
    (13, Struct(&EMPTY)),
    (14, Struct(&EMPTY)),
    (15, Struct(&EMPTY)),
    (16, Struct(&Fields(&[(1, I8)]))),
    (17, Struct(&Fields(&[(1, Binary)]))),
    (18, Struct(&Fields(&[(1, Binary), (2, I32)]))),
]);
static SCHEMA_ELEMENT: Fields = Fields(&[
    (1, I32),
    (2, I32),
    (3, I32),
    (4, Binary),
    (5, Children),
    (6, I32),
    (7, I32),
    (8, I32),
    (9, I32),
    (10, Struct(&LOGICAL_TYPE)),
]);
static KEY_VALUE: Fields = Fields(&[(1, Binary), (2, Binary)]);
static STATISTICS: Fields = Fields(&[
    (1, Binary),
    (2, Binary),
    (3, I64),
    (4, I64),
    (5, Binary),
    (6, Binary),
    (7, Bool),
    (8, Bool),
]);
static BOUNDING_BOX: Fields = Fields(&[
    (1, Double),
    (2, Double),
    (3, Double),
    (4, Double),
    (5, Double),
    (6, Double),
    (7, Double),
    (8, Double),
]);
static COLUMN_META_DATA: Fields = Fields(&[
    (1, I32),
    (2, List(&I32)),
    (3, List(&Binary)),
    (4, I32),
    (5, I64),
    (6, I64),
    (7, I64),
    (8, List(&Struct(&KEY_VALUE))),
    (9, I64),
    (10, I64),
    (11, I64),
    (12, Struct(&STATISTICS)),
    (13, List(&Struct(&Fields(&[(1, I32), (2, I32), (3, I32)])))),
    (14, I64),
    (15, I32),
    (16, Struct(&Fields(&[(1, I64), (2, List(&I64)), (3, List(&I64))]))),
    (17, Struct(&Fields(&[(1, Struct(&BOUNDING_BOX)), (2, List(&I32))]))),
]);
static COLUMN_CHUNK: Fields = Fields(&[
    (1, Binary),
    (2, I64),
    (3, Struct(&COLUMN_META_DATA)),
    (4, I64),
    (5, I32),
    (6, I64),
    (7, I32),
    (
        8,
        Struct(&Fields(&[
            (1, Struct(&EMPTY)),
            (2, Struct(&Fields(&[(1, List(&Binary)), (2, Binary)]))),
        ])),
    ),
    (9, Binary),
]);
static ROW_GROUP: Fields = Fields(&[
    (1, List(&Struct(&COLUMN_CHUNK))),
    (2, I64),
    (3, I64),
    (4, List(&Struct(&Fields(&[(1, I32), (2, Bool), (3, Bool)])))),
    (5, I64),
    (6, I64),
    (7, I16),
]);
static ENCRYPTION: Fields = Fields(&[(1, Binary), (2, Binary), (3, Bool)]);

/// `FileMetaData`: a file's footer.
pub(crate) static FILE_META_DATA: Fields = Fields(&[
    (1, I32),
    (2, Shape::Schema(&SCHEMA_ELEMENT)),
    (3, I64),
    (4, Shape::RowGroups(&ROW_GROUP)),
    (5, List(&Struct(&KEY_VALUE))),
    (6, Binary),
    (7, List(&Struct(&Fields(&[(1, Struct(&EMPTY)), (2, Struct(&EMPTY))])))),
    (8, Struct(&Fields(&[(1, Struct(&ENCRYPTION)), (2, Struct(&ENCRYPTION))]))),
    (9, Binary),
]);

/// `PageHeader`: what stands before each page.
pub(crate) static PAGE_HEADER: Fields = Fields(&[
    (1, I32),
    (2, I32),
    (3, I32),
    (4, I32),
    (5, Struct(&Fields(&[(1, I32), (2, I32), (3, I32), (4, I32), (5, Struct(&STATISTICS))]))),
    (6, Struct(&EMPTY)),
    (7, Struct(&Fields(&[(1, I32), (2, I32), (3, Bool)]))),
    (
        8,
        Struct(&Fields(&[
            (1, I32),
            (2, I32),
            (3, I32),
            (4, I32),
            (5, I32),
            (6, I32),
            (7, Bool),
            (8, Struct(&STATISTICS)),
        ])),
    ),
]);

/// Deepest nesting of what is not known.
const DEPTH_MAX: u8 = 8;

/// Bytes in Thrift's compact protocol. Every method is `None` where they are malformed, end too soon, or
/// claim more than is left of them.
pub(crate) struct Thrift<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    /// Of each element of the schema that was walked, how many members it has.
    pub(crate) children: Vec<i64>,
    /// How many row groups were walked.
    pub(crate) row_groups: usize,
}

impl<'a> Thrift<'a> {
    pub(crate) const I32: u8 = 5;
    pub(crate) const STRUCT: u8 = 12;

    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, children: Vec::new(), row_groups: 0 }
    }

    /// Over one structure, whose fields ascend.
    pub(crate) fn walk(&mut self, fields: &Fields) -> Option<()> {
        let mut last = 0;
        while let Some((id, kind)) = self.field(last)? {
            if id <= last {
                return None;
            }
            last = id;
            match fields.0.iter().find(|(known, _)| *known == id) {
                Some((_, shape)) if shape.is_written_as(kind) => self.value(*shape, kind)?,
                Some(_) => return None,
                None => self.skip(kind, 0)?,
            }
        }
        Some(())
    }

    fn value(&mut self, shape: Shape, kind: u8) -> Option<()> {
        match shape {
            Struct(fields) => self.walk(fields),
            Children => {
                let count = self.integer()?;
                *self.children.last_mut()? = count;
                Some(())
            }
            List(element) => self.list(*element),
            Shape::RowGroups(fields) => {
                let before = self.at;
                self.row_groups = self.elements()?.0;
                self.at = before;
                self.list(Struct(fields))
            }
            Shape::Schema(fields) => {
                let (count, kind) = self.elements()?;
                if count > 0 && kind != Self::STRUCT {
                    return None;
                }
                for _ in 0..count {
                    self.children.push(0);
                    self.walk(fields)?;
                }
                Some(())
            }
            Bool | I8 | I16 | I32 | I64 | Double | Binary => self.skip(kind, 0),
        }
    }

    fn list(&mut self, element: Shape) -> Option<()> {
        let (count, kind) = self.elements()?;
        if count > 0 && !element.is_written_as(kind) {
            return None;
        }
        (0..count).try_for_each(|_| self.value(element, kind))
    }

    /// The head of a list: how many elements, and of which type. Each takes a byte at least, so more than
    /// there are bytes is a claim; truth values take none in the crate's reading, and none are
    /// needed.
    fn elements(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        if head == 0 {
            return Some((0, 0));
        }
        let (count, kind) = (head >> 4, head & 0x0f);
        let count =
            if count == 15 { usize::try_from(self.varint()?).ok()? } else { usize::from(count) };
        let is_held = count <= self.bytes.len() - self.at && !matches!(kind, 0..=2);
        (is_held || count == 0).then_some((count, kind))
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        // The tenth byte of 64 bits is a 0 or a 1.
        let last = self.byte()?;
        (last <= 1).then_some(number | u64::from(last) << 63)
    }

    /// A zigzag integer of 32 bits.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let number = self.varint()?;
        let signed = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
        i32::try_from(signed).ok().map(i64::from)
    }

    /// The next field's number and type; `Some(None)` at the end of the struct.
    #[allow(clippy::option_option, reason = "the end of a struct is no fault")]
    pub(crate) fn field(&mut self, last: i16) -> Option<Option<(i16, u8)>> {
        let byte = self.byte()?;
        let (delta, kind) = (byte >> 4, byte & 0x0f);
        if kind == 0 {
            return Some(None);
        }
        let id = if delta == 0 {
            // The long form, which the crate does not look for where the short one would do.
            let id = i16::try_from(self.integer()?).ok()?;
            if id.checked_sub(last)? <= 15 {
                return None;
            }
            id
        } else {
            last.checked_add(i16::from(delta))?
        };
        Some(Some((id, kind)))
    }

    pub(crate) fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        if depth >= DEPTH_MAX {
            return None;
        }
        match kind {
            // Truth values are in the type.
            1 | 2 => {}
            3 => drop(self.byte()?),
            4..=6 => drop(self.varint()?),
            7 => self.skip_bytes(8)?,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.skip_bytes(length)?;
            }
            9 | 10 => {
                let (count, kind) = self.elements()?;
                for _ in 0..count {
                    self.skip(kind, depth + 1)?;
                }
            }
            Self::STRUCT => {
                let mut field = 0;
                while let Some((id, kind)) = self.field(field)? {
                    field = id;
                    self.skip(kind, depth + 1)?;
                }
            }
            // No structure of the format holds a map.
            _ => return None,
        }
        Some(())
    }

    fn skip_bytes(&mut self, count: usize) -> Option<()> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len())?;
        self.at = end;
        Some(())
    }
}

impl Shape {
    const fn is_written_as(self, kind: u8) -> bool {
        match self {
            Bool => matches!(kind, 1 | 2),
            I8 => kind == 3,
            I16 => kind == 4,
            I32 | Children => kind == Thrift::I32,
            I64 => kind == 6,
            Double => kind == 7,
            Binary => kind == 8,
            List(_) | Self::RowGroups(_) | Self::Schema(_) => kind == 9,
            Struct(_) => kind == Thrift::STRUCT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(fields: &Fields, bytes: &[u8]) -> Option<usize> {
        let mut thrift = Thrift::of(bytes);
        thrift.walk(fields)?;
        Some(thrift.at)
    }

    #[test]
    fn a_list_that_claims_more_than_is_left_is_none() {
        // Field 8 is not known to a key and value: a list, of two bytes or of 2^31 - 1.
        assert_eq!(walk(&KEY_VALUE, &[0x89, 0x23, 7, 7, 0]), Some(5));
        assert_eq!(walk(&KEY_VALUE, &[0x89, 0x33, 7, 7, 0]), None);
        let claim = [0xff, 0xff, 0xff, 0xff, 0x07];
        for element in [0xf1, 0xf2, 0xf3, 0xf8, 0xfc] {
            assert_eq!(walk(&KEY_VALUE, &[&[0x89, element][..], &claim, &[0]].concat()), None);
        }
        // Truth values take no byte in the crate's reading, so their number could be anything.
        assert_eq!(walk(&KEY_VALUE, &[0x89, 0x21, 1, 2, 0]), None);
    }

    #[test]
    fn a_known_field_of_another_type_is_none() {
        assert_eq!(walk(&KEY_VALUE, &[0x18, 1, b'k', 0x18, 1, b'v', 0]), Some(7));
        assert_eq!(walk(&KEY_VALUE, &[0x15, 1, 0]), None);
        assert_eq!(walk(&KEY_VALUE, &[0x18, 1, b'k', 0x08, 0x02, 0]), None);
        assert_eq!(walk(&FILE_META_DATA, &[0x25, 0x02, 0]), None);
    }

    #[test]
    fn what_is_nested_too_deep_or_not_known_is_none() {
        let nest = |depth: usize| [vec![0x8c; depth], vec![0; depth + 1]].concat();
        assert!(walk(&KEY_VALUE, &nest(4)).is_some());
        assert_eq!(walk(&KEY_VALUE, &nest(40)), None);
        assert_eq!(walk(&KEY_VALUE, &[0x8b, 1, 0x33, 1, 1, 0]), None);
    }
}
