//! The entries of a log, gone through in order, as often as it takes.

use agreement::Digest;
use agreement::statement::{Entry, Kind, Said};

/// The entries of a log.
pub trait Entries {
    /// How many there are.
    fn count(&self) -> u64;

    /// Gives the entries before `to`, each with its leaf; none where one cannot be had or is not the one
    /// in the tree.
    fn each(&self, to: u64, take: &mut dyn FnMut(u64, Option<&[u8]>));
}

impl dyn Entries + '_ {
    /// The same of all entries, up to the first that is refused.
    ///
    /// # Errors
    /// What `take` says.
    pub fn try_each<E>(
        &self,
        mut take: impl FnMut(u64, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut refused = Ok(());
        self.each(self.count(), &mut |leaf, entry| {
            if refused.is_ok() {
                refused = take(leaf, entry);
            }
        });
        refused
    }
}

/// Entries in memory.
impl Entries for Vec<Option<Vec<u8>>> {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn each(&self, to: u64, take: &mut dyn FnMut(u64, Option<&[u8]>)) {
        for (leaf, entry) in (0..to).zip(self) {
            take(leaf, entry.as_deref());
        }
    }
}

/// The versions of the agreement that a log says were adopted, by leaf. Nobody's signature is looked at: it
/// tells under which pack they are to be.
#[must_use]
pub fn said_adopted(entries: &dyn Entries) -> Vec<(u64, Digest)> {
    let kind = format!("\"kind\":\"{}\"", Kind::AgreementAdopted.as_str());
    let mut adopted = Vec::new();
    entries.each(entries.count(), &mut |leaf, bytes| {
        // Canonical, so that this is in every such entry; most are told apart without reading them.
        let may =
            bytes.filter(|bytes| str::from_utf8(bytes).is_ok_and(|text| text.contains(&kind)));
        let said =
            may.and_then(|bytes| Said::of(Entry::parse(bytes).ok()?.statement.header()).ok());
        if let Some(Said::AgreementAdopted(said)) = said {
            adopted.push((leaf, said.version));
        }
    });
    adopted
}
