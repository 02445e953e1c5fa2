//! Everything that the score of a group depends on, and the score itself.

use std::cell::RefCell;
use std::rc::Rc;

use agreement::Act;
use agreement::report::Count;

use super::likelihood::Likelihood;
use super::lone;
use super::micro_nats;
use super::model::{Counting, Family, Model, Sense};
use super::nucleus::Net;
use super::observation::{Observation, Observed};
use super::peak::{self, Peak, climb};
use super::plane::Xy;
use super::rates::Rates;
use super::silence::{Field, Fields, OnDuty};

/// Mean of how many an event is before anybody counted.
const COUNT_MEAN: f64 = 3.0;

/// What is observed and how it is judged.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) observed: &'a Observed,
    pub(crate) duty: &'a OnDuty,
    pub(crate) fields: &'a RefCell<Fields>,
    pub(crate) rates: Rates,
    /// The microphones, if there are enough to place anything.
    pub(crate) net: Option<&'a Net>,
    /// Of each observation: how likely it is as a stray, ln.
    pub(crate) strays: Vec<f64>,
}

/// Observations taken for one event, or one that may be a stray.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// Numbers of the observations, sorted.
    pub(crate) members: Vec<u32>,
    /// How much likelier they are so than as strays, micro-nats. Of one alone: than before
    /// anybody knew whether it is a stray.
    pub(crate) score: i64,
    /// ln of event against strays.
    pub(crate) ln_odds: f64,
    /// ln of the integral of its likelihood over the plane.
    pub(crate) ln_integral: f64,
    pub(crate) act: Act,
    pub(crate) at: Xy,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        model: &'a Model,
        observed: &'a Observed,
        duty: &'a OnDuty,
        fields: &'a RefCell<Fields>,
        rates: Rates,
        net: Option<&'a Net>,
    ) -> Self {
        let stray = |one: &Observation| rates.ln_stray(one.sense, one.act) + one.ln_stray;
        let strays = observed.observations.iter().map(stray).collect();
        Self { model, observed, duty, fields, rates, net, strays }
    }

    pub(crate) fn one(&self, number: u32) -> &'a Observation {
        &self.observed.observations[number as usize]
    }

    /// Who was on duty when something was observed.
    pub(crate) fn set_of(&self, number: u32) -> u32 {
        let us = self.observed.base.micros() + (self.one(number).t * 1e6) as i64;
        self.duty.set_at(us)
    }

    /// The silence of those on duty about when a group was observed.
    pub(crate) fn field(&self, members: &[u32]) -> Rc<Field> {
        let first = self.one(members[0]);
        let set = self.set_of(members[0]);
        self.fields.borrow_mut().of(self.observed, self.duty, set, first.family)
    }

    /// The score of a group; `starts` are places to climb from besides its own.
    pub(crate) fn cluster(&self, members: Vec<u32>, starts: &[Xy]) -> Cluster {
        let top = self.top(&members, starts);
        self.scored(members, top.at, top.ln_integral)
    }

    /// The same as if nobody had been silent.
    pub(crate) fn told(&self, members: Vec<u32>, starts: &[Xy]) -> Cluster {
        let top = self.climbed(&members, starts, None);
        self.scored(members, top.at, top.ln_integral)
    }

    /// Where a group fits best; it depends on no rate.
    pub(crate) fn top(&self, members: &[u32], starts: &[Xy]) -> Peak {
        let field = self.field(members);
        self.climbed(members, starts, Some(&*field))
    }

    /// Where a report alone fits best.
    pub(crate) fn lone_top(&self, number: u32) -> Peak {
        lone::top(self, number).unwrap_or_else(|| self.top(&[number], &[]))
    }

    fn climbed(&self, members: &[u32], starts: &[Xy], field: Option<&Field>) -> Peak {
        let like = Likelihood::new(
            self.model,
            field,
            self.observed.watched,
            members.iter().map(|&n| self.one(n)),
        );
        let mut from = starts.to_vec();
        if from.is_empty() {
            for &n in members {
                peak::starts(self.one(n), &mut from);
            }
            if from.len() > 1 {
                let n = from.len() as f64;
                let sum = from.iter().fold((0.0, 0.0), |s, p| (s.0 + p.x, s.1 + p.y));
                from.push(Xy { x: sum.0 / n, y: sum.1 / n });
            }
        }
        climb(&like, &from, self.wide_m(members))
    }

    /// Where a group fits best near a place.
    pub(crate) fn top_near(&self, members: &[u32], near: Xy) -> Peak {
        let field = self.field(members);
        let ones = members.iter().map(|&n| self.one(n));
        let like = Likelihood::new(self.model, Some(&*field), self.observed.watched, ones);
        peak::climb_near(&like, near, self.wide_m(members))
    }

    /// A cluster once the integral of its likelihood is known.
    pub(crate) fn scored(&self, members: Vec<u32>, at: Xy, ln_integral: f64) -> Cluster {
        let (act, ln_kind) = self.kind(&members);
        let stray: f64 = members.iter().map(|&n| self.strays[n as usize]).sum();
        let ln_odds = ln_kind + self.ln_counts(&members) + ln_integral - stray;
        let score = if members.len() == 1 { ln_one_plus_exp(ln_odds) } else { ln_odds };
        Cluster { members, score: micro_nats(score), ln_odds, ln_integral, act, at }
    }

    /// No top is taken for wider than those who perceived it could have told.
    fn wide_m(&self, members: &[u32]) -> f64 {
        let wide = members.iter().map(|&n| {
            let one = self.one(n);
            let known = self.model.detection(one.sense, one.family);
            match (one.at, one.spot) {
                (_, Some(spot)) => spot.var.sqrt(),
                (Some(_), None) => known.map_or(10_000.0, |d| d.median_m * 0.6),
                (None, None) => 100_000.0,
            }
        });
        wide.fold(f64::INFINITY, f64::min)
    }

    /// The act that fits best, with ln of its rate and of what was said of it.
    fn kind(&self, members: &[u32]) -> (Act, f64) {
        let acts = members.iter().filter(|&&n| self.one(n).sense != Sense::Microphone);
        let mut acts: Vec<Act> = acts.map(|&n| self.one(n).act).collect();
        acts.sort_unstable();
        acts.dedup();
        let Some(&first) = acts.first() else { return self.only_heard_by_microphones(members) };
        let mut best = (first, f64::NEG_INFINITY);
        for &act in &acts {
            let said = members.iter().map(|&n| {
                let one = self.one(n);
                self.model.ln_said(one.sense, one.act, act)
            });
            let ln = self.rates.ln_event(act) + said.sum::<f64>();
            if ln > best.1 {
                best = (act, ln);
            }
        }
        best
    }

    /// Any heavy act will do.
    fn only_heard_by_microphones(&self, members: &[u32]) -> (Act, f64) {
        let act = self.one(members[0]).act;
        let family = Family::of(act);
        let alike = Act::ALL.iter().filter(|&&other| Family::of(other) == family);
        let rate: f64 = alike.map(|&other| libm::exp(self.rates.ln_event(other))).sum();
        (act, libm::log(rate))
    }

    /// ln of how much better the counts agree than counts of strangers would.
    fn ln_counts(&self, members: &[u32]) -> f64 {
        let counts: Vec<Count> = members.iter().filter_map(|&n| self.one(n).count).collect();
        let most = counts.iter().map(|c| c.max).max().unwrap_or(0);
        if counts.len() < 2 || most > Counting::MOST {
            return 0.0;
        }
        let counting = &self.model.counting;
        let (mut together, mut alone) = (0.0, vec![0.0; counts.len()]);
        let stay = COUNT_MEAN / (1.0 + COUNT_MEAN);
        let mut prior = 1.0 - stay;
        for n in 1..=most + Counting::BEYOND {
            let mut all = prior;
            for (&count, alone) in counts.iter().zip(&mut alone) {
                let fits = counting.fits(n, count);
                *alone += prior * fits;
                all *= fits;
            }
            together += all;
            prior *= stay;
        }
        let ln = |x: f64| self.model.logarithm.ln(x.max(f64::MIN_POSITIVE));
        ln(together) - alone.iter().map(|&a| ln(a)).sum::<f64>()
    }

    /// Whether no source stands twice among the members of both.
    pub(crate) fn disjoint(&self, a: &[u32], b: &[u32]) -> bool {
        !a.iter().any(|&x| b.iter().any(|&y| self.one(x).unit == self.one(y).unit))
    }
}

pub(crate) fn ln_one_plus_exp(x: f64) -> f64 {
    if x > 30.0 { x } else { libm::log1p(libm::exp(x)) }
}
