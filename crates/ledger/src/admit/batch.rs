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
        let mut stages: Vec<Stage> = Vec::with_capacity(lines.len());
        let mut of_devices = BTreeMap::new();
        in_order(
            self.threads,
            &numbered,
            |&(line, bytes)| read(line, bytes),
            |stage| {
                let line = first_line + stages.len() as u64;
                stages.push(stage.bounded(line, &mut of_devices).known(record)?);
                Ok(())
            },
        )?;
        let mut outcomes = Vec::with_capacity(stages.len());
        while let Some(rest) = stages.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
            // What changes the roster is verified after all before it, and before all behind it.
            let same = rest.iter().position(Stage::changes_roster).unwrap_or(rest.len());
            let line = first_line + outcomes.len() as u64;
            self.settle_run(&rest[..same.max(1)], line, record, &mut outcomes)?;
        }
        let answers = stages.into_iter().zip(outcomes).map(|(stage, outcome)| match outcome {
            Outcome::Told(answer) => answer,
            Outcome::OfStage => stage.into_answer(),
        });
        Ok(answers.collect())
    }

    /// Verifies a run on several threads, and puts each claim into its place as soon as it and those before it
    /// are verified. One that changes the roster is a run by itself, so that it is the same for all of a run.
    fn settle_run(
        &mut self,
        run: &[Stage],
        first_line: u64,
        record: &mut impl Record,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Fault> {
        let at = record.sequenced_at();
        let before = Entry::before_statement(None, at).expect("what is not sealed has no size");
        let check = |stage: &Stage| match stage {
            Stage::Read(claim, said, _) => {
                self.roster.check(claim.statement(), Some(said))?;
                Ok(leaf_of(claim, &before))
            }
            Stage::Settled(_) => Ok(None),
        };
        let mut next = None;
        let mut settled = 0;
        in_order(self.threads, run, check, |checked| {
            let line = first_line + settled as u64;
            let stage = &run[settled];
            settled += 1;
            let Stage::Read(claim, said, keys) = stage else {
                outcomes.push(Outcome::OfStage);
                return Ok(());
            };
            let one = Unsettled { line, claim, said, keys };
            outcomes.push(match self.settle(&one, checked, record)? {
                Settled::Told(answer) => Outcome::Told(answer),
                Settled::Private => Outcome::OfStage,
                Settled::At(leaf, pack) => {
                    // The time is the pool's: the same for all of the run.
                    let place = Sequenced { leaf, at };
                    let roster = match changes_roster(said) {
                        true => &next.insert(self.after(leaf, said, pack.as_deref())).roster,
                        false => &self.roster,
                    };
                    // Witnesses cannot have cosigned what is only now put into its place.
                    let standing = roster.standing(claim.statement().header(), place, |_| 0);
                    Outcome::Told(Answer::Admitted { leaf, standing })
                }
            });
            Ok(())
        })?;
        if let Some(next) = next {
            *self = next;
        }
        Ok(())
    }

    /// As it is once something that changes the roster is in its place.
    fn after(&self, leaf: u64, said: &Said, adopted: Option<&Pack>) -> Self {
        let mut next = self.clone();
        next.take_in(leaf, said, adopted);
        next
    }

    fn settle(
        &self,
        one: &Unsettled<'_>,
        checked: Checked,
        record: &mut impl Record,
    ) -> Result<Settled, Fault> {
        let &Unsettled { line, claim, said, keys } = one;
        let told = |refusal| Ok(Settled::Told(rejected(line, refusal, None)));
        let [digest, place] = keys;
        // Again, and before its signature counts: the same line may stand twice in one batch.
        if let Some(leaf) = record.find(digest)? {
            return Ok(Settled::Told(Answer::Known { leaf }));
        }
        let leaf = match checked {
            Ok(leaf) => leaf,
            Err(refusal) => return told(refusal.within("statement")),
        };
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

/// What a claim alone tells under the roster of its run: the leaf that it becomes, where that can be told
/// before its turn comes.
type Checked = Result<Option<Result<Vec<u8>, Refusal>>, Refusal>;

/// What is answered.
enum Outcome {
    /// This.
    Told(Answer),
    /// What the stage has: its answer, or the claim that goes the way of private statements.
    OfStage,
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

    /// Refused where its device has had its share of the batch.
    fn bounded(self, line: u64, of_devices: &mut BTreeMap<DeviceId, usize>) -> Self {
        let Self::Read(claim, ..) = &self else { return self };
        let device = &claim.statement().header().device;
        let count = match of_devices.get_mut(device) {
            Some(count) => count,
            None => of_devices.entry(device.clone()).or_default(),
        };
        *count += 1;
        if *count <= DEVICE_CLAIMS_MAX {
            return self;
        }
        let detail = format!("at most {DEVICE_CLAIMS_MAX}");
        Self::Settled(rejected(line, Refusal::new(&TOO_MANY_AT_ONCE).detail(detail), None))
    }

    /// Answered before its signature is looked at: what was admitted once needs no key today.
    fn known(self, record: &impl Record) -> Result<Self, Fault> {
        let Self::Read(_, _, [digest, _]) = &self else { return Ok(self) };
        Ok(record.find(digest)?.map_or(self, |leaf| Self::Settled(Answer::Known { leaf })))
    }

    fn into_answer(self) -> Answer {
        match self {
            Self::Read(claim, ..) => Answer::Private(claim),
            Self::Settled(answer) => answer,
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
