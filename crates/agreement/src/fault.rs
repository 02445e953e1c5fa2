//! What is wrong with a pack, and what a reader of it should know: place, reason, repair.

use std::fmt;
use std::ops::Range;

macro_rules! codes {
    ($(#[$doc:meta])* $kind:ident { $($(#[$each:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $($(#[$each])* $name,)*
        }

        impl $kind {
            /// Every code, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As printed; stable from release to release.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// Kinds of fault.
    FaultCode {
        /// A file of the pack is not there.
        FileMissing = "file-missing",
        /// A file is larger than its limit.
        FileTooLarge = "file-too-large",
        /// A file is not UTF-8.
        NotUtf8 = "not-utf8",
        /// Not TOML.
        TomlSyntax = "toml-syntax",
        /// Not JSON.
        JsonSyntax = "json-syntax",
        /// A `format` this release does not read.
        FormatUnsupported = "format-unsupported",
        /// A key stands twice in one table or object.
        KeyDuplicate = "key-duplicate",
        /// A key the format does not have.
        KeyUnknown = "key-unknown",
        /// A key the format asks for.
        KeyMissing = "key-missing",
        /// A value of another type.
        WrongType = "wrong-type",
        /// A word that is none of those allowed.
        WordUnknown = "word-unknown",
        /// A number outside its range.
        NumberOutOfRange = "number-out-of-range",
        /// A list that must have something in it.
        ListEmpty = "list-empty",
        /// More than the limit of something.
        TooMany = "too-many",
        /// An empty text where one is needed.
        TextEmpty = "text-empty",
        /// A text longer than its limit.
        TextTooLong = "text-too-long",
        /// Control characters, or characters that reorder what is shown.
        TextControl = "text-control",
        /// A name of another form.
        IdMalformed = "id-malformed",
        /// A name given twice.
        IdDuplicate = "id-duplicate",
        /// One thing listed twice.
        ListDuplicate = "list-duplicate",
        /// A name that data sets use, claimed by two.
        AliasShared = "alias-shared",
        /// No party of that name.
        PartyUnknown = "party-unknown",
        /// No area of that name.
        AreaUnknown = "area-unknown",
        /// No clause of that name.
        ClauseUnknown = "clause-unknown",
        /// A party whose role does not allow this.
        PartyRole = "party-role",
        /// A quorum that can never be met, or always is.
        QuorumUnreachable = "quorum-unreachable",
        /// A witness group that can never be satisfied, or always is.
        WitnessesUnreachable = "witnesses-unreachable",
        /// No 32 bytes of key.
        KeyMalformed = "key-malformed",
        /// One key on two devices or witnesses.
        KeyShared = "key-shared",
        /// No `age` recipient.
        RecipientMalformed = "recipient-malformed",
        /// Neither RFC 3339 nor a local time with its zone.
        TimeMalformed = "time-malformed",
        /// A local time that does not say of which zone.
        TimeNaive = "time-naive",
        /// A local time that the clocks skipped.
        TimeInGap = "time-in-gap",
        /// A local time that the clocks showed twice.
        TimeInFold = "time-in-fold",
        /// No zone of that name in the time-zone database.
        ZoneUnknown = "zone-unknown",
        /// It ends before, or when, it starts.
        IntervalBackwards = "interval-backwards",
        /// No height with unit and reference.
        AltitudeMalformed = "altitude-malformed",
        /// A height, or a band, that suggests feet were taken for metres or the reverse.
        AltitudeImplausible = "altitude-implausible",
        /// A floor at or above its ceiling.
        AltitudeBackwards = "altitude-backwards",
        /// A region that is empty, or runs across the antimeridian.
        RegionBackwards = "region-backwards",
        /// Not what RFC 7946 calls a feature collection, feature or geometry.
        GeojsonMalformed = "geojson-malformed",
        /// A coordinate reference system other than WGS 84 longitude and latitude.
        CrsUnsupported = "crs-unsupported",
        /// A geometry this format has no use for.
        GeometryUnsupported = "geometry-unsupported",
        /// Longitude or latitude off the globe or not finite.
        PositionOffGlobe = "position-off-globe",
        /// Too few different vertices, or all on one line.
        RingDegenerate = "ring-degenerate",
        /// First and last vertex differ.
        RingNotClosed = "ring-not-closed",
        /// A ring that crosses or runs along itself.
        RingCrosses = "ring-crosses",
        /// A hole not inside its polygon.
        HoleOutside = "hole-outside",
        /// Two parts of one area that overlap.
        PartsOverlap = "parts-overlap",
        /// An edge over more than half of the globe.
        AntimeridianCrossed = "antimeridian-crossed",
        /// A circle or buffer about a pole, or too near to one.
        PoleInside = "pole-inside",
        /// Latitude and longitude swapped.
        AxesSwapped = "axes-swapped",
        /// Ground outside the region the pack declares.
        OutsideRegion = "outside-region",
    }
}

codes! {
    /// Kinds of note: what was put right, or deserves a look, and is no fault.
    NoteCode {
        /// A ring written against the right-hand rule, turned round.
        RingRewound = "ring-rewound",
        /// A vertex repeated on the spot, dropped.
        VertexRepeated = "vertex-repeated",
        /// A third coordinate, ignored.
        ThirdCoordinate = "third-coordinate",
        /// An obsolete `crs` member that says what RFC 7946 says anyway.
        CrsRedundant = "crs-redundant",
        /// An area no clause and no sensor refers to.
        AreaUnused = "area-unused",
        /// A band whose limits have different references and may close up.
        BandMayClose = "band-may-close",
        /// Posts in a pack without salt: its version could be searched for their places.
        PostsUnsalted = "posts-unsalted",
        /// Witnesses so few, or so much of one party, that two views of a record could both be witnessed.
        WitnessesMayDiffer = "witnesses-may-differ",
        /// No folder entry that says where the pack's facts come from.
        SourcesMissing = "sources-missing",
    }
}

/// Which file of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackFile {
    /// `agreement.toml`
    Agreement,
    /// `areas.geojson`
    Areas,
    /// `SOURCES.md`
    Sources,
}

impl PackFile {
    /// Its name within the pack's folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agreement => "agreement.toml",
            Self::Areas => "areas.geojson",
            Self::Sources => "SOURCES.md",
        }
    }
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// Some of its text.
    Text {
        /// Bytes of the file.
        span: Range<usize>,
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// Dotted keys that lead there, lists counted from 0: `clause[3].floor`. Empty where
        /// the text could not be read that far.
        path: String,
    },
    /// A JSON pointer (RFC 6901).
    Pointer(String),
}

/// One thing wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFault {
    /// What kind.
    pub code: FaultCode,
    /// In which file.
    pub file: PackFile,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub repair: String,
    /// Whether the text of [`Place::Text`] may be shown. Not where it could tell the place of
    /// an observers' post.
    pub may_quote: bool,
}

/// Something put right or worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What kind.
    pub code: NoteCode,
    /// In which file.
    pub file: PackFile,
    /// Where in it.
    pub place: Place,
    /// What.
    pub text: String,
}

/// `agreement.toml:12:9 altitude-backwards at clause[3].floor: reason. Repair: what to do.`
impl fmt::Display for PackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, self.file, &self.place, self.code.as_str())?;
        write!(f, "{}. Repair: {}.", self.reason, self.repair)
    }
}

/// `areas.geojson#/features/2 area-unused: what.`
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, self.file, &self.place, self.code.as_str())?;
        write!(f, "{}.", self.text)
    }
}

fn head(f: &mut fmt::Formatter<'_>, file: PackFile, place: &Place, code: &str) -> fmt::Result {
    let name = file.name();
    match place {
        Place::File => write!(f, "{name} {code}: "),
        Place::Pointer(pointer) => write!(f, "{name}#{pointer} {code}: "),
        Place::Text { line, column, path, .. } if path.is_empty() => {
            write!(f, "{name}:{line}:{column} {code}: ")
        }
        Place::Text { line, column, path, .. } => {
            write!(f, "{name}:{line}:{column} {code} at {path}: ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_codes_are_spelt_alike() {
        let mut all: Vec<&str> = FaultCode::ALL.iter().map(|c| c.as_str()).collect();
        all.extend(NoteCode::ALL.iter().map(|c| c.as_str()));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
