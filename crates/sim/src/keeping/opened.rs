//! Everything opened at the end of a run: what was said is there to the byte, and whatever was shown has
//! its disclosure in the log.

use std::collections::BTreeSet;

use agreement::Digest;
use agreement::statement::{Body, Entry, Kind, Said, Sealed};
use ledger::private::{Opened, Opener};
use ledger::vault::{Package, Refusal, Released, WrappedShare};

use super::standing::shows;
use super::{Keeping, people};
use crate::log;
use crate::record::Violation;

type Checked<T> = Result<T, Violation>;

/// The shares of a split key, passed on to the reader by as many guarantors as it takes: all but the
/// first, so that not everybody is needed.
fn passed_on(package: &Package, sealed: &Sealed) -> Result<Vec<WrappedShare>, Refusal> {
    let reader = people::reader_identity().to_public();
    let holders = 1..package.shares.len().min(usize::from(super::GUARANTORS));
    holders.map(|n| package.pass_on(sealed, &people::guarantor(n as u8), &reader)).collect()
}

impl Keeping {
    /// Opens every body that is held, then the disclosures by which it did, and holds all of it against
    /// what was said. Nothing may go wrong with the machine meanwhile.
    ///
    /// # Errors
    /// When a promise is broken.
    pub fn open_all(&mut self) -> Checked<()> {
        self.end_period()?;
        let mut shown = self.collect()?;
        let everything = self.entries()?.len() as u64;
        shown.extend(self.show(0, everything)?);
        let with_disclosures = self.entries()?.len() as u64;
        shown.extend(self.show(everything, with_disclosures)?);
        self.start()?;
        self.look()?;
        let entries = self.entries()?;
        let mut opener = Opener::default();
        for package in shown.iter().flat_map(|released| &released.packages) {
            self.read(package, &entries, &mut opener)?;
        }
        let (opened, incomplete) = opener.finish();
        if let Some(lost) = incomplete.first() {
            return self.broken(&format!("a private statement is incomplete: {lost:?}"));
        }
        self.check_private(&opened)?;
        self.check_promised(&entries)?;
        self.check_disclosed(&opened, &entries, with_disclosures)
    }

    fn entries(&mut self) -> Checked<Vec<Entry>> {
        self.start()?;
        let Some(keeper) = &self.keeper else { return self.broken("it does not run") };
        let size = keeper.head().size;
        self.world.look(true);
        let entries = log::entries(&*self.world.disk(), size);
        self.world.look(false);
        let parse = |bytes: &Vec<u8>| Entry::parse(bytes).map_err(|why| Violation(why.to_string()));
        entries?.iter().map(parse).collect()
    }

    /// Shows the bodies of some entries to the reader, over the record.
    fn show(&mut self, from: u64, to: u64) -> Checked<Vec<Released>> {
        for (leaf, entry) in (0..to).zip(self.entries()?) {
            let is_erased = self.owed.condemned.iter().any(|body| body.leaf == leaf);
            if leaf >= from && entry.sealed.is_some() && !is_erased {
                self.disclose_leaf(leaf)?;
            }
        }
        self.end_period()?;
        self.collect()
    }

    /// What the reader makes of a package.
    fn read(&self, package: &Package, entries: &[Entry], opener: &mut Opener) -> Checked<()> {
        let sealed = Digest::of_bytes(&package.ciphertext);
        let is_it =
            |entry: &Entry| entry.sealed.is_some_and(|on_record| on_record.sha256 == sealed);
        let found = entries.iter().position(is_it);
        let Some(leaf) = found else { return self.broken("a ciphertext is not on the record") };
        let entry = &entries[leaf];
        let header = entry.statement.header();
        let (Some(sealed), Some(commitment)) = (entry.sealed, header.body) else {
            return self.broken("an entry with a ciphertext has no body");
        };
        let shares = passed_on(package, &sealed)
            .map_err(|why| Violation(format!("leaf {leaf}: a share is not passed on: {why}")))?;
        let body = package.open(&sealed, &commitment, &people::reader_identity(), &shares);
        let body = body.map_err(|why| Violation(format!("leaf {leaf} does not open: {why}")))?;
        match (Body::parse(&header.kind, &body.canonical), Said::of(header)) {
            (Ok(Body::Private(cell)), Ok(Said::Private(said))) => opener
                .take(said.period, leaf as u64, &cell)
                .map_err(|why| Violation(format!("leaf {leaf} is no cell: {why}"))),
            (Ok(_), Ok(_)) => {
                let said = self.owed.admitted.get(&entry.statement.digest());
                let claimed = said.and_then(|(_, claim)| claim.body());
                if claimed == Some((body.salt.expose(), &body.canonical[..])) {
                    Ok(())
                } else {
                    self.broken(&format!("leaf {leaf} has another body than was sent"))
                }
            }
            other => self.broken(&format!("leaf {leaf} says {other:?}")),
        }
    }

    /// Every private claim that was acknowledged is there, to the byte.
    fn check_private(&self, opened: &[Opened]) -> Checked<()> {
        for (digest, claim) in &self.owed.queued {
            let found = opened.iter().find(|one| one.claim.statement().digest() == *digest);
            if found.is_none_or(|one| one.claim.body() != claim.body()) {
                return self.broken("a private statement that was acknowledged is lost");
            }
        }
        Ok(())
    }

    /// Every cell that was promised is in the log.
    fn check_promised(&self, entries: &[Entry]) -> Checked<()> {
        let there: BTreeSet<Digest> =
            entries.iter().filter_map(|entry| Some(entry.sealed?.sha256)).collect();
        if self.owed.promised.values().flatten().all(|cell| there.contains(cell)) {
            Ok(())
        } else {
            self.broken("a promise is broken")
        }
    }

    /// Every key that left, up to those that opened the disclosures themselves, left by a disclosure that
    /// is in the log where the package says, and that names the statement and the reader.
    fn check_disclosed(&self, opened: &[Opened], entries: &[Entry], to: u64) -> Checked<()> {
        for (leaf, sealed) in &self.owed.released {
            let entry = entries.get(*leaf as usize);
            if entry.is_none_or(|entry| entry.statement.header().kind != Kind::Private) {
                return self.broken(&format!("leaf {leaf} is no disclosure"));
            }
            if *leaf >= to {
                continue;
            }
            let is_it =
                |entry: &&Entry| entry.sealed.is_some_and(|on_record| on_record.sha256 == *sealed);
            let Some(shown) = entries.iter().find(is_it) else {
                return self.broken("a ciphertext is not on the record");
            };
            let (statement, of) = (shown.statement.digest(), &shown.statement.header().kind);
            let names = |one: &Opened| {
                let kind = &one.claim.statement().header().kind;
                let body = one.claim.body().and_then(|(_, body)| Body::parse(kind, body).ok());
                matches!(body, Some(Body::Disclosure(said))
                    if shows(&said, statement, of) && said.to == people::reader().id)
            };
            if !opened.iter().any(|one| one.leaf == *leaf && names(one)) {
                return self.broken(&format!("leaf {leaf} discloses something else"));
            }
        }
        Ok(())
    }
}
