//! What the keeper of a record gives for a private statement, which has no leaf until its period
//! ends: a promise that its cells will stand in the log. If they do not, promise and log together are
//! proof against the keeper, for whoever is shown them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spacetime::Instant;
use spacetime::time::MICROS_PER_SECOND;

use super::entry::Entry;
use super::fields::{Field as _, Fields, bad_value};
use super::header::FORMAT;
use super::key::{PublicKey, SecretKey};
use super::kind::Kind;
use super::refusal::Refusal;
use super::said::Said;
use super::signed::NO_CANONICAL_FORM;
use super::strict;
use crate::canonical::{Digest, canonical_value};
use crate::id::DeviceId;

/// What a device signs before a promise, so that its signature stands for nothing else.
pub const PROMISE_DOMAIN: &[u8] = b"armistice/promise/v1\n";
/// Seconds of a period: that with number n is from 60 n seconds after the start of 1970.
pub const PERIOD_S: i64 = 60;
/// Seconds after the end of the promised period by which its cells have to be in the log.
pub const PROMISE_GRACE_S: i64 = 600;
/// Most cells of one statement.
pub const PROMISE_CELLS_MAX: usize = 256;

const PROMISE_BYTES_MAX: usize = 64 << 10;
const WHAT: &str = "private";

/// The period that an instant is in.
#[must_use]
pub fn period_of(at: Instant) -> u64 {
    let period = at.micros().div_euclid(PERIOD_S * MICROS_PER_SECOND);
    u64::try_from(period).unwrap_or_default()
}

/// A promise. It names the cells by what the log will show of them, which tells nothing of what is in
/// them; so it is its author's to keep, and to show in a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Digests of the cells' ciphertexts, in the order of the parts.
    pub cells: Vec<Digest>,
    /// The device that keeps the record.
    pub device: DeviceId,
    /// The last period in whose batch they may stand.
    pub period: u64,
    /// Digest of the private statement.
    pub statement: Digest,
    /// The device's signature.
    pub ed25519: [u8; 64],
}

impl Promise {
    /// Gives a promise.
    ///
    /// # Errors
    /// When the period is not exact in every reader.
    pub fn sign(
        device: DeviceId,
        key: &SecretKey,
        statement: Digest,
        period: u64,
        cells: Vec<Digest>,
    ) -> Result<Self, Refusal> {
        let mut promise = Self { cells, device, period, statement, ed25519: [0; 64] };
        promise.ed25519 = key.sign(&promise.signed()?);
        Ok(promise)
    }

    /// Whether the keeper's device gave it.
    ///
    /// # Errors
    /// When its signature does not hold.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        key.verify(&self.signed()?, &self.ed25519).map_err(|why| why.within("ed25519"))
    }

    fn signed(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = PROMISE_DOMAIN.to_vec();
        canonical_value(&self.members(), &mut bytes)
            .map_err(|_| Refusal::new(&NO_CANONICAL_FORM))?;
        Ok(bytes)
    }

    fn members(&self) -> Value {
        json!({
            "cells": self.cells.to_json(),
            "device": self.device.to_json(),
            "format": FORMAT,
            "period": self.period,
            "promise": WHAT,
            "statement": self.statement.to_json(),
        })
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut promise = self.members();
        promise["ed25519"] = self.ed25519.to_json();
        promise
    }

    /// From JSON.
    ///
    /// # Errors
    /// When it is no promise. Whether it was given, [`Self::verify`] says.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut members = Fields::of(strict::parse(bytes, PROMISE_BYTES_MAX)?)?;
        if members.take_raw("format")? != json!(FORMAT) {
            return Err(bad_value("1").within("format"));
        }
        if members.take_raw("promise")? != json!(WHAT) {
            return Err(bad_value("\"private\"").within("promise"));
        }
        let promise = Self {
            cells: members.take("cells")?,
            device: members.take("device")?,
            period: members.take("period")?,
            statement: members.take("statement")?,
            ed25519: members.take("ed25519")?,
        };
        members.finish()?;
        if promise.cells.is_empty() || promise.cells.len() > PROMISE_CELLS_MAX {
            return Err(bad_value("1 to 256 digests").within("cells"));
        }
        Ok(promise)
    }
}

/// How a promise stands to a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Every cell is in the log.
    Kept {
        /// Their leaves.
        leaves: Vec<u64>,
    },
    /// Its period has not ended in this log.
    Pending,
    /// Cells are missing, and this entry shows that they should be there.
    Broken {
        /// How many.
        missing: usize,
        /// The entry: of a later period, or so late that the period must have ended.
        by_leaf: u64,
    },
}

/// A promise held against a log, entry by entry.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    promise: &'a Promise,
    missing: BTreeSet<Digest>,
    leaves: Vec<u64>,
    /// The entry before which all should have stood.
    over_at: Option<u64>,
    missing_then: usize,
}

impl<'a> Held<'a> {
    /// Before the first entry.
    #[must_use]
    pub fn new(promise: &'a Promise) -> Self {
        let missing = promise.cells.iter().copied().collect();
        Self { promise, missing, leaves: Vec::new(), over_at: None, missing_then: 0 }
    }

    /// Takes in the next entry.
    pub fn take(&mut self, leaf: u64, entry: &Entry) {
        let header = entry.statement.header();
        let is_cell = header.kind == Kind::Private && header.device == self.promise.device;
        let period = match Said::of(header) {
            Ok(Said::Private(cell)) if is_cell => Some(cell.period),
            _ => None,
        };
        let is_over = period.is_some_and(|period| period > self.promise.period)
            || entry.sequenced_at > self.overdue_at();
        if is_over && self.over_at.is_none() {
            (self.over_at, self.missing_then) = (Some(leaf), self.missing.len());
        }
        if let (Some(_), Some(sealed)) = (period, entry.sealed)
            && self.missing.remove(&sealed.sha256)
        {
            self.leaves.push(leaf);
        }
    }

    fn overdue_at(&self) -> Instant {
        let end = i64::try_from(self.promise.period).unwrap_or(i64::MAX).saturating_add(1);
        let late = end.saturating_mul(PERIOD_S).saturating_add(PROMISE_GRACE_S);
        Instant::from_micros(late.saturating_mul(MICROS_PER_SECOND))
    }

    /// What became of the promise in the log so far. A cell that came late breaks it too.
    #[must_use]
    pub fn verdict(&self) -> Kept {
        match self.over_at {
            Some(by_leaf) if self.missing_then > 0 => {
                Kept::Broken { missing: self.missing_then, by_leaf }
            }
            _ if self.missing.is_empty() => Kept::Kept { leaves: self.leaves.clone() },
            _ => Kept::Pending,
        }
    }
}
