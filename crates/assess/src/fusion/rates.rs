//! How often events and strays are expected: from the parameters, then from the reports
//! themselves.

use std::collections::BTreeMap;

use agreement::{Act, Parameters};

use super::model::Sense;

/// Rates of events and of strays.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rates {
    /// ln of events by act, a square metre and second.
    ln_event: BTreeMap<Act, f64>,
    /// ln of strays by sense and act, a unit and second.
    ln_stray: BTreeMap<(Sense, Act), f64>,
    event_default: f64,
    stray_default: f64,
}

/// A report as it is alone: an event that nobody else perceived, or a stray.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lone {
    pub(crate) sense: Sense,
    pub(crate) act: Act,
    /// Bits of the ln of event against stray, at the rates that it was weighed with: of bare arrivals at one
    /// sound sensor one is like the other.
    ln_odds: u64,
}

impl Lone {
    pub(crate) const fn new(sense: Sense, act: Act, ln_odds: f64) -> Self {
        Self { sense, act, ln_odds: ln_odds.to_bits() }
    }
}

/// What was found in so much watching.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Events of several reports by act, each as likely as it is one.
    pub(crate) events: BTreeMap<Act, f64>,
    /// Reports alone, and how many there are as far as they are likely that.
    pub(crate) lone: BTreeMap<Lone, f64>,
    /// Square metres and seconds in which events of an act would have been perceived.
    pub(crate) watched: BTreeMap<Act, f64>,
    /// Unit seconds on duty by sense.
    pub(crate) on_duty: BTreeMap<Sense, f64>,
}

/// Weight of what the parameters say: as if events of each act had been looked for so long that
/// this many were expected.
const PRIOR_EVENTS: f64 = 0.25;
/// Likewise strays, hours of one observer.
const PRIOR_HOURS: f64 = 2.5;
/// Most rounds of settling what lone reports are: where nobody strays, each round halves the strays at best.
const SETTLING_ROUNDS: usize = 1000;
/// Rates that change by less than this in a round are settled, ln.
const SETTLED_LN: f64 = 1e-4;
/// Kinds among which strays are shared out before the reports tell.
const STRAY_KINDS: f64 = 4.0;

/// Lone reports of one act and kind of source.
struct Alike {
    sense: Sense,
    act: Act,
    /// Event against stray, and how many of them there are.
    odds: Vec<(f64, f64)>,
    /// How many there are of all.
    weight: f64,
}

impl Alike {
    fn of(found: &Found) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (&Lone { sense, act, ln_odds }, &weight) in &found.lone {
            // They are sorted so that those alike lie together.
            if all.last().is_none_or(|last| (last.sense, last.act) != (sense, act)) {
                all.push(Self { sense, act, odds: Vec::new(), weight: 0.0 });
            }
            let Some(last) = all.last_mut() else { continue };
            last.odds.push((libm::exp(f64::from_bits(ln_odds).clamp(-60.0, 60.0)), weight));
            last.weight += weight;
        }
        all
    }

    /// How many of them are events, once that is so much likelier, ln.
    fn real(&self, ln: f64) -> f64 {
        let likelier = libm::exp(ln.clamp(-60.0, 60.0));
        let real = |&(odds, weight): &(f64, f64)| {
            let odds = odds * likelier;
            weight * odds / (1.0 + odds)
        };
        self.odds.iter().map(real).sum()
    }
}

impl Rates {
    pub(crate) fn of(p: &Parameters) -> Self {
        let event = p.events_per_day_1000km2_milli as f64 / 1000.0 / 86_400.0 / 1e9;
        let stray = p.clutter_per_observer_hour_milli as f64 / 1000.0 / 3600.0;
        Self {
            ln_event: BTreeMap::new(),
            ln_stray: BTreeMap::new(),
            event_default: libm::log(event.max(1e-30)),
            stray_default: libm::log((stray / STRAY_KINDS).max(1e-30)),
        }
    }

    pub(crate) fn ln_event(&self, act: Act) -> f64 {
        self.ln_event.get(&act).copied().unwrap_or(self.event_default)
    }

    pub(crate) fn ln_stray(&self, sense: Sense, act: Act) -> f64 {
        self.ln_stray.get(&(sense, act)).copied().unwrap_or(self.stray_default)
    }

    /// These rates with what was found taken in. How many of the lone reports are events depends on
    /// the rates in turn (`known` are those that they were weighed with), so both are settled together.
    pub(crate) fn settled(&self, known: &Self, found: &Found) -> Self {
        let alike = Alike::of(found);
        let mut rates = known.clone();
        for _ in 0..SETTLING_ROUNDS {
            let (mut events, mut strays) = (found.events.clone(), BTreeMap::new());
            for alike in &alike {
                let Alike { sense, act, .. } = *alike;
                let event = rates.ln_event(act) - known.ln_event(act);
                let stray = rates.ln_stray(sense, act) - known.ln_stray(sense, act);
                let real = alike.real(event - stray);
                *events.entry(act).or_default() += real;
                *strays.entry((sense, act)).or_default() += alike.weight - real;
            }
            let before = std::mem::replace(&mut rates, self.learnt(&events, &strays, found));
            if rates.is_near(&before) {
                break;
            }
        }
        rates
    }

    /// Whether no rate is another than it is in others that tell of the same.
    fn is_near(&self, other: &Self) -> bool {
        let events = self.ln_event.values().zip(other.ln_event.values());
        let strays = self.ln_stray.values().zip(other.ln_stray.values());
        let is_same = self.ln_event.len() == other.ln_event.len()
            && self.ln_stray.len() == other.ln_stray.len();
        is_same && events.chain(strays).all(|(a, b)| (a - b).abs() < SETTLED_LN)
    }

    fn learnt(
        &self,
        events: &BTreeMap<Act, f64>,
        strays: &BTreeMap<(Sense, Act), f64>,
        found: &Found,
    ) -> Self {
        let mut learnt = self.clone();
        let event = libm::exp(self.event_default);
        for (&act, &events) in events {
            let watched = found.watched.get(&act).copied().unwrap_or(0.0);
            let rate = (events + PRIOR_EVENTS) / (watched + PRIOR_EVENTS / event);
            learnt.ln_event.insert(act, libm::log(rate));
        }
        let stray = libm::exp(self.stray_default);
        let prior_s = PRIOR_HOURS * 3600.0;
        for (&(sense, act), &strays) in strays {
            let on_duty = found.on_duty.get(&sense).copied().unwrap_or(0.0);
            let rate = (strays + stray * prior_s) / (on_duty + prior_s);
            learnt.ln_stray.insert((sense, act), libm::log(rate));
        }
        learnt
    }
}
