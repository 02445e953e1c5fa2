//! Claims by the batch: read and verified on several threads, and put in their order one by one while those
//! behind them are still being verified.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use agreement::statement::roster::Sequenced;
use agreement::statement::said::KIND_UNKNOWN;
use agreement::statement::{
    Claim, Entry, Equivocation, Refusal, Roster, Said, Standing, Visibility,
};
use agreement::{DeviceId, Pack};

use super::answer::{ALREADY_SAID, Answer, Rejection, TOO_MANY_AT_ONCE};
use super::fits::{self, Unfit};
use super::in_order::in_order;
use super::keys::of_statement;
use super::record::Record;
use crate::fault::Fault;
use crate::index::Key;

/// Most claims of one device in one batch: so one that floods keeps none of the others waiting.
pub const DEVICE_CLAIMS_MAX: usize = 16_384;

/// Lets claims into a record.
#[derive(Clone, Debug)]
pub struct Admission {
    roster: Roster,
    keeper: DeviceId,
    threads: NonZeroUsize,
}

/// A claim as it goes through.
#[expect(clippy::large_enum_variant, reason = "nearly all are of the large one")]
enum Stage {
    /// It may stand as far as it alone can tell.
    Read(Box<Claim>, Said, [Key; 2]),
    /// Its fate is known.
    Settled(Answer),
}

impl Admission {
    /// At the point of the log where `roster` holds. `keeper` is the device that speaks for the
    /// record itself.
    #[must_use]
    pub const fn new(roster: Roster, keeper: DeviceId, threads: NonZeroUsize) -> Self {
        Self { roster, keeper, threads }
    }

    /// The roster at this point of the log.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Takes in an entry that is in the log already, as when a record is opened. A pack that
    /// comes into force is in a body, which the caller opens.
    pub fn replay(&mut self, leaf: u64, entry: &Entry, adopted: Option<&Pack>) {
        match Said::of(entry.statement.header()) {
            Ok(said) => self.take_in(leaf, &said, adopted),
            Err(_) => self.adopt(adopted),
        }
    }

    fn take_in(&mut self, leaf: u64, said: &Said, adopted: Option<&Pack>) {
        self.roster.apply(leaf, said);
        self.adopt(adopted);
    }

    fn adopt(&mut self, adopted: Option<&Pack>) {
        if let Some(next) = adopted.and_then(|pack| self.roster.under(pack).ok()) {
            self.roster = next;
        }
    }

    /// Answers each line of a batch, and puts what is admitted into the record's open pool.
    ///
    /// # Errors
    /// When the world fails. What was put into the pool until then is for the caller to drop with it.
    pub fn admit(
        &mut self,
        lines: &[&[u8]],
        first_line: u64,
        record: &mut impl Record,
    ) -> Result<Vec<Answer>, Fault> {
        let numbered: Vec<(u64, &[u8])> = (first_line..).zip(lines.iter().copied()).collect();
        let mut stages = Vec::with_capacity(lines.len());
        in_order(
            self.threads,
            &numbered,
            |&(line, bytes)| read(line, bytes),
            |stage| {
                stages.push(stage);
                Ok(())
            },
        )?;
        bound_devices(&mut stages, first_line);
        let mut answers = Vec::with_capacity(stages.len());
        let mut rest = stages.into_iter().peekable();
        while rest.peek().is_some() {
            // What changes the roster is verified after all before it, and before all behind it.
            let mut run = Vec::new();
            while let Some(stage) = rest.next() {
                let ends = stage.changes_roster();
                run.push(stage);
                if ends || rest.peek().is_some_and(Stage::changes_roster) {
                    break;
                }
            }
            let line = first_line + answers.len() as u64;
            self.settle_run(run, line, record, &mut answers)?;
        }
        Ok(answers)
    }

    fn settle_run(
        &mut self,
        mut run: Vec<Stage>,
        first_line: u64,
        record: &mut impl Record,
        answers: &mut Vec<Answer>,
    ) -> Result<(), Fault> {
        for stage in &mut run {
            // Before its signature is looked at: what was admitted once needs no key today.
            if let Stage::Read(_, _, [digest, _]) = stage
                && let Some(leaf) = record.find(digest)?
            {
                *stage = Stage::Settled(Answer::Known { leaf });
            }
        }
        let mut settled = self.settle_in_order(&run, first_line, record)?.into_iter();
        // The time is the pool's: the same for all of the run.
        let at = record.sequenced_at();
        for stage in run {
            let (claim, said) = match stage {
                Stage::Settled(answer) => {
                    answers.push(answer);
                    continue;
                }
                Stage::Read(claim, said, _) => (claim, said),
            };
            answers.push(match settled.next().expect("what was read is settled") {
                Settled::Told(answer) => answer,
                Settled::Private => Answer::Private(claim),
                Settled::At(leaf, pack) => {
                    self.take_in(leaf, &said, pack.as_deref());
                    // Witnesses cannot have cosigned what is only now put into its place.
                    let header = claim.statement().header();
                    let standing = self.roster.standing(header, Sequenced { leaf, at }, |_| 0);
                    Answer::Admitted { leaf, standing }
                }
            });
        }
        Ok(())
    }

    /// Verifies what was read on several threads, and puts each claim into its place as soon as it and those
    /// before it are verified. The roster is the same for all of a run.
    fn settle_in_order(
        &self,
        run: &[Stage],
        first_line: u64,
        record: &mut impl Record,
    ) -> Result<Vec<Settled>, Fault> {
        let before = Entry::before_statement(None, record.sequenced_at());
        let before = before.expect("what is not sealed has no size");
        let unsettled = (first_line..).zip(run).filter_map(|(line, stage)| match stage {
            Stage::Read(claim, said, keys) => Some(Unsettled { line, claim, said, keys }),
            Stage::Settled(_) => None,
        });
        let unsettled: Vec<Unsettled<'_>> = unsettled.collect();
        let check = |one: &Unsettled<'_>| {
            self.roster.check(one.claim.statement(), Some(one.said))?;
            Ok(leaf_of(one.claim, &before))
        };
        let mut settled = Vec::with_capacity(unsettled.len());
        in_order(self.threads, &unsettled, check, |checked| {
            let one = &unsettled[settled.len()];
            settled.push(match checked {
                Ok(leaf) => self.settle(one, leaf, record)?,
                Err(refusal) => {
                    let refusal = Refusal::within(refusal, "statement");
                    Settled::Told(rejected(one.line, refusal, None))
                }
            });
            Ok(())
        })?;
        Ok(settled)
    }

    fn settle(
        &self,
        one: &Unsettled<'_>,
        leaf: Option<Result<Vec<u8>, Refusal>>,
        record: &mut impl Record,
    ) -> Result<Settled, Fault> {
        let &Unsettled { line, claim, said, keys } = one;
        let told = |refusal| Ok(Settled::Told(rejected(line, refusal, None)));
        let [digest, place] = keys;
        // Again: the same line may stand twice in one batch.
        if let Some(leaf) = record.find(digest)? {
            return Ok(Settled::Told(Answer::Known { leaf }));
        }
        if let Some(leaf) = record.find(place)? {
            let proof = self.proof(claim, &record.entry(leaf)?);
            let refusal = Refusal::new(&ALREADY_SAID).within("statement");
            return Ok(Settled::Told(rejected(line, refusal, proof)));
        }
        match fits::fits(claim, said, &self.roster, &self.keeper, record) {
            Ok(()) => {}
            Err(Unfit::Refused(refusal)) => return told(refusal),
            Err(Unfit::Fault(fault)) => return Err(fault),
        }
        let pack = match fits::adopted(claim, said) {
            Ok(pack) => pack,
            Err(refusal) => return told(refusal),
        };
        if claim.statement().header().kind.visibility() == Visibility::Private {
            return Ok(Settled::Private);
        }
        let sealed = match claim.body() {
            Some((salt, body)) => Some(record.seal(claim.statement(), salt, body)?),
            None => None,
        };
        let (sequenced_at, statement) = (record.sequenced_at(), claim.statement());
        let bytes = leaf.unwrap_or_else(|| Entry::canonical_of(sealed, sequenced_at, statement));
        match bytes {
            Ok(bytes) => Ok(Settled::At(record.push(&bytes, keys)?, pack.map(Box::new))),
            Err(refusal) => told(refusal),
        }
    }

    /// The proof against a device that said two things under one number.
    fn proof(&self, claim: &Claim, earlier: &[u8]) -> Option<Equivocation> {
        let earlier = Entry::parse(earlier).ok()?.statement;
        let member = self.roster.device(&claim.statement().header().device)?;
        Equivocation::of(member.key.clone(), earlier, claim.statement().clone()).ok()
    }
}

/// A claim that was read.
struct Unsettled<'a> {
    line: u64,
    claim: &'a Claim,
    said: &'a Said,
    keys: &'a [Key; 2],
}

/// What became of a claim that was read.
enum Settled {
    /// It is not in its place, and why.
    Told(Answer),
    /// It goes the way of private statements.
    Private,
    /// It is in its place, and brings a pack into force.
    At(u64, Option<Box<Pack>>),
}

/// The bytes of the leaf that a claim becomes, where they can be told before its turn comes: it has no body
/// to be sealed, and is for everybody to see.
fn leaf_of(claim: &Claim, before: &[u8]) -> Option<Result<Vec<u8>, Refusal>> {
    let is_public = claim.statement().header().kind.visibility() != Visibility::Private;
    (is_public && claim.body().is_none()).then(|| Entry::canonical_after(before, claim.statement()))
}

/// What a line alone can tell.
fn read(line: u64, bytes: &[u8]) -> Stage {
    match Claim::parse_with_said(bytes) {
        Ok((claim, Some(said))) => {
            let keys = of_statement(claim.statement());
            Stage::Read(Box::new(claim), said, keys)
        }
        Ok((_, None)) => {
            let refusal = Refusal::new(&KIND_UNKNOWN).within("kind").within("header");
            Stage::Settled(rejected(line, refusal.within("statement"), None))
        }
        Err(refusal) => Stage::Settled(rejected(line, refusal, None)),
    }
}

impl Stage {
    fn changes_roster(&self) -> bool {
        matches!(self, Self::Read(_, said, _) if changes_roster(said))
    }
}

fn bound_devices(stages: &mut [Stage], first_line: u64) {
    let mut claims: BTreeMap<DeviceId, usize> = BTreeMap::new();
    for (line, stage) in (first_line..).zip(stages) {
        if let Stage::Read(claim, ..) = stage {
            let count = claims.entry(claim.statement().header().device.clone()).or_default();
            *count += 1;
            if *count > DEVICE_CLAIMS_MAX {
                let detail = format!("at most {DEVICE_CLAIMS_MAX}");
                let refusal = Refusal::new(&TOO_MANY_AT_ONCE).detail(detail);
                *stage = Stage::Settled(rejected(line, refusal, None));
            }
        }
    }
}

const fn changes_roster(said: &Said) -> bool {
    matches!(said, Said::AgreementAdopted(_) | Said::KeyEnrolled(_) | Said::KeyRevoked(_))
}

fn rejected(line: u64, refusal: Refusal, proof: Option<Equivocation>) -> Answer {
    Answer::Rejected(Box::new(Rejection { line, refusal, proof }))
}

impl Answer {
    /// Whether a claim that counts is on record.
    #[must_use]
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Known { .. } | Self::Admitted { standing: Standing::Good, .. })
    }
}
