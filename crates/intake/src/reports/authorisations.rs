//! Flight authorisations as JSON lines: who may fly, when and where (docs/report-format.md).
//!
//! An authorisation lifts a protection, so nothing in it is guessed: a field that is not known
//! is rejected, and so is one that names nobody. Whether the clauses, areas and the granting party
//! exist, [`known_to`] says.

use std::collections::BTreeSet;
use std::io::BufRead;

use agreement::report::{Authorisation, AuthorisedFlight};
use agreement::track::{Address, Callsign, Locator};
use agreement::{AreaId, ClauseId, Pack, PartyId};
use spacetime::Interval;

use super::json::{self, Fields};
use super::once::Once;
use super::text::NAME_CHARS_MAX;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::lines::{self, Lines};
use crate::rejection::Rejection;

/// Most clauses, and most areas, that one authorisation names.
pub const NAMES_IN_ONE_MAX: usize = 1000;

codes! {
    NOBODY = "authorises-nobody",
        "neither an address nor a call sign is given",
        "send `address` (six hexadecimal digits), `callsign`, or both, which must then both match";
    BAD_ADDRESS = "bad-address",
        "the transponder address has another form",
        "send six hexadecimal digits";
    BAD_CALLSIGN = "bad-callsign",
        "the call sign has another form",
        "send one to eight letters and digits";
    BAD_NAME = "bad-name",
        "the name has another form than names in packs",
        "send lower-case letters, digits and hyphens, as the pack writes it";
    NEVER = "authorises-no-time",
        "the authorisation ends no later than it starts",
        "send `from` before `to`";
    NOT_IN_PACK = "not-in-pack",
        "a party, clause or area that the authorisation names is not in the pack",
        "name it as the pack does; what nobody in the agreement granted lifts nothing";
    UNKNOWN_FIELD = "unknown-field",
        "the field is not known",
        "leave it out: a condition that is not understood would be lifted unseen";
}

/// The authorisations of one file.
pub struct Authorisations<R> {
    lines: Lines<R>,
    options: Options,
    once: Once,
}

impl<R: BufRead> Authorisations<R> {
    /// From the start of `reader`.
    pub fn new(reader: R, options: Options) -> Self {
        Self { lines: Lines::new(reader), options, once: Once::default() }
    }
}

impl<R: BufRead> Feed<Authorisation> for Authorisations<R> {
    fn read(&mut self, batch: &mut Batch<Authorisation>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, options, once } = self;
        lines::fill(lines, options, batch, |line, locator| {
            let found = authorisation(line, locator)?;
            let new = once.is_new(&found.id, found.digest(), locator);
            new.map_err(|why| why.at("/id")).map(|new| new.then_some(found))
        })
    }
}

/// Whether the pack knows everything that an authorisation names.
///
/// # Errors
/// When it does not know the party that granted it, a clause or an area.
pub fn known_to(pack: &Pack, authorisation: &Authorisation) -> Result<(), Rejection> {
    let granted = pack.parties.contains_key(&authorisation.granted_by);
    let clauses = authorisation.clauses.iter().all(|id| pack.clauses.contains_key(id));
    let areas = authorisation.areas.iter().all(|id| pack.areas.contains_key(id));
    let reject = |at: &'static str| Err(Rejection::new(&NOT_IN_PACK, authorisation.locator).at(at));
    match (granted, clauses, areas) {
        (true, true, true) => Ok(()),
        (false, _, _) => reject("/granted_by"),
        (_, false, _) => reject("/clauses"),
        (_, _, false) => reject("/areas"),
    }
}

fn authorisation(line: &[u8], locator: Locator) -> Result<Authorisation, Rejection> {
    let mut fields = Fields::of_line(json::parse(line, locator)?, locator)?;
    let id = fields.required_text("id", NAME_CHARS_MAX)?;
    let flights = flights(&mut fields)?;
    let (from, to) = (fields.required_instant("from")?, fields.required_instant("to")?);
    let when = Interval::new(from, to).ok().filter(|when| !when.is_empty());
    let granted_by = fields.required_text("granted_by", NAME_CHARS_MAX)?;
    let authorisation = Authorisation {
        id,
        flights,
        when: when.ok_or_else(|| fields.reject(&NEVER, "to"))?,
        clauses: names(&mut fields, "clauses", ClauseId::new)?,
        areas: names(&mut fields, "areas", AreaId::new)?,
        granted_by: PartyId::new(&granted_by)
            .ok_or_else(|| fields.reject(&BAD_NAME, "granted_by"))?,
        locator,
    };
    let mut unread = Vec::new();
    fields.finish(&[], &mut unread)?;
    match unread.pop() {
        None => Ok(authorisation),
        Some(pointer) => Err(Rejection::new(&UNKNOWN_FIELD, locator).at(pointer)),
    }
}

fn flights(fields: &mut Fields) -> Result<Vec<AuthorisedFlight>, Rejection> {
    let mut flights = Vec::new();
    if let Some(text) = fields.text("address", NAME_CHARS_MAX)? {
        let address =
            Address::parse(&text).ok_or_else(|| fields.reject(&BAD_ADDRESS, "address"))?;
        flights.push(AuthorisedFlight::Address(address));
    }
    if let Some(text) = fields.text("callsign", NAME_CHARS_MAX)? {
        let sign =
            Callsign::parse(&text).ok_or_else(|| fields.reject(&BAD_CALLSIGN, "callsign"))?;
        flights.push(AuthorisedFlight::Callsign(sign));
    }
    if flights.is_empty() {
        return Err(fields.reject(&NOBODY, "address"));
    }
    Ok(flights)
}

fn names<T: Ord>(
    fields: &mut Fields,
    key: &'static str,
    read: fn(&str) -> Option<T>,
) -> Result<BTreeSet<T>, Rejection> {
    let texts = fields.texts(key, NAMES_IN_ONE_MAX, NAME_CHARS_MAX)?;
    let found: Option<BTreeSet<T>> = texts.iter().map(|text| read(text)).collect();
    found.ok_or_else(|| fields.reject(&BAD_NAME, key))
}
