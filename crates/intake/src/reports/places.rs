//! The places that a pack knows, by name and by P-code.

use std::collections::BTreeMap;

use agreement::Pack;
use agreement::pack::{NamedArea, NamedPlace, folded};

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// An area of the pack.
    Area(&'a NamedArea),
    /// A town, a village, a hill.
    Place(&'a NamedPlace),
}

/// The areas and places of a pack. Empty without a pack: then names and P-codes are passed on as
/// they are, and nothing can be held against them.
#[derive(Debug, Default)]
pub struct Places {
    areas: Vec<NamedArea>,
    places: Vec<NamedPlace>,
    /// By folded name: areas from 0, then places.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Places {
    /// Those of a pack.
    #[must_use]
    pub fn of(pack: &Pack) -> Self {
        let mut all = Self {
            areas: pack.areas.values().cloned().collect(),
            places: pack.places.clone(),
            by_name: BTreeMap::new(),
        };
        let areas = all.areas.iter().map(|area| (&area.name, &area.aliases));
        let named = areas.chain(all.places.iter().map(|place| (&place.name, &place.aliases)));
        for (n, (name, aliases)) in named.enumerate() {
            for word in std::iter::once(name).chain(aliases) {
                let known = all.by_name.entry(folded(word)).or_default();
                if known.last() != Some(&n) {
                    known.push(n);
                }
            }
        }
        all
    }

    /// Whether names can be looked up at all.
    pub(super) fn is_empty(&self) -> bool {
        self.areas.is_empty() && self.places.is_empty()
    }

    /// Everything that bears a name, areas first.
    pub(super) fn called(&self, name: &str) -> Vec<Found<'_>> {
        let found = self.by_name.get(&folded(name)).map_or(&[][..], Vec::as_slice);
        let found = found.iter().map(|&n| match n.checked_sub(self.areas.len()) {
            None => Found::Area(&self.areas[n]),
            Some(n) => Found::Place(&self.places[n]),
        });
        found.collect()
    }

    /// The smallest area that the unit of a P-code is, or lies in: codes nest by prefix (OCHA's
    /// COD-AB).
    pub(super) fn around(&self, pcode: &str) -> Option<&NamedArea> {
        let own =
            |area: &&NamedArea| area.pcode.as_deref().is_some_and(|code| pcode.starts_with(code));
        let length = |area: &&NamedArea| area.pcode.as_deref().map(str::len);
        self.areas.iter().filter(own).max_by_key(length)
    }
}
