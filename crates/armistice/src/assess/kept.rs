//! What happened in the air, kept until it is written: on disk, where it does not fit.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Mutex, PoisonError};

use assess::airspace::{Found, Happened, Sketch};
use assess::{Alert, Anomaly};
use publish::jsonl::{alert_line, anomaly_line};
use publish::{InputFile, Overview};

use super::pile::{Pile, Sorted};

/// Piles of one share.
const PILES: usize = 4;

/// How much of what happened is held in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pile_bytes: usize,
}

impl Room {
    /// So many mebibytes among all threads.
    pub(super) fn of(mebibytes: NonZeroU32, threads: NonZeroUsize) -> Self {
        let bytes = (mebibytes.get() as usize).saturating_mul(1 << 20);
        // The last share is of what happens as everything ends.
        Self { pile_bytes: bytes / PILES / (threads.get() + 1) }
    }
}

/// What one share of the aircraft came to.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    inputs: &'a [InputFile],
    overview: &'a Mutex<Overview>,
    found: Pile,
    alerts: Pile,
    anomalies: Pile,
    sketches: Pile,
}

impl<'a> Kept<'a> {
    pub(super) fn new(room: Room, inputs: &'a [InputFile], overview: &'a Mutex<Overview>) -> Self {
        let pile = || Pile::holding(room.pile_bytes);
        let (found, alerts, anomalies, sketches) = (pile(), pile(), pile(), pile());
        Self { inputs, overview, found, alerts, anomalies, sketches }
    }

    /// Takes in what happened since.
    pub(super) fn take(&mut self, happened: Happened) -> anyhow::Result<()> {
        let Happened { found, alerts, anomalies, sketches } = happened;
        let mut overview = self.overview.lock().unwrap_or_else(PoisonError::into_inner);
        alerts.iter().for_each(|alert| overview.add_alert(alert));
        anomalies.iter().for_each(|anomaly| overview.add_anomaly(anomaly));
        drop(overview);
        found
            .iter()
            .try_for_each(|one| self.found.push(|out| one.put_order(out), |out| one.pack(out)))?;
        alerts.iter().try_for_each(|alert| self.take_alert(alert))?;
        anomalies.iter().try_for_each(|anomaly| self.take_anomaly(anomaly))?;
        sketches.iter().try_for_each(|sketch| self.sketches.push(|out| sketch.pack(out), |_| {}))
    }

    fn take_alert(&mut self, alert: &Alert) -> anyhow::Result<()> {
        let line = alert_line(alert, self.inputs);
        self.alerts.push(|out| alert.put_order(out), |out| out.extend_from_slice(line.as_bytes()))
    }

    fn take_anomaly(&mut self, anomaly: &Anomaly) -> anyhow::Result<()> {
        let line = anomaly_line(anomaly, self.inputs);
        let key = |out: &mut Vec<u8>| anomaly.put_order(out);
        self.anomalies.push(key, |out| out.extend_from_slice(line.as_bytes()))
    }
}

/// What all shares came to, in order.
#[derive(Debug)]
pub(super) struct Heaped {
    pub(super) found: Sorted,
    pub(super) alerts: Sorted,
    pub(super) anomalies: Sorted,
    pub(super) sketches: Sorted,
    /// Bytes that did not fit into memory.
    pub(super) on_disk: u64,
}

impl Heaped {
    pub(super) fn of(shares: Vec<Kept<'_>>) -> Self {
        let (mut found, mut alerts) = (Vec::new(), Vec::new());
        let (mut anomalies, mut sketches) = (Vec::new(), Vec::new());
        for share in shares {
            found.push(share.found);
            alerts.push(share.alerts);
            anomalies.push(share.anomalies);
            sketches.push(share.sketches);
        }
        let [found, alerts, anomalies, sketches] =
            [found, alerts, anomalies, sketches].map(Sorted::of);
        let on_disk = found.1 + alerts.1 + anomalies.1 + sketches.1;
        let (found, alerts, anomalies, sketches) = (found.0, alerts.0, anomalies.0, sketches.0);
        Self { found, alerts, anomalies, sketches, on_disk }
    }
}

/// A finding in the making, back from its bytes.
pub(super) fn found(bytes: &[u8]) -> anyhow::Result<Found> {
    Found::unpack(bytes).ok_or_else(damaged)
}

/// A sketch, back from its bytes.
pub(super) fn sketch(bytes: &[u8]) -> anyhow::Result<Sketch> {
    Sketch::unpack(bytes).ok_or_else(damaged)
}

fn damaged() -> anyhow::Error {
    anyhow::anyhow!("what was put on disk has changed there")
}
