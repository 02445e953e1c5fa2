//! Findings in the making as bytes, so that whoever cannot hold them all can keep them on disk.
//! Whatever reads such bytes wrote them: they go no farther than one run.

use agreement::track::{Callsign, Locator};
use agreement::{Address, Digest};
use spacetime::{Instant, Interval, Position};

use super::contact::Pending;
use super::crowd::CellTime;
use super::happened::Found;
use super::sketch::Sketch;
use crate::finding::{Confidence, Margin, Reason, Verdict};
use crate::order::Key;

const CONFIDENCES: [Confidence; 7] = [
    Confidence::Stated,
    Confidence::Declared,
    Confidence::Poor,
    Confidence::Contested,
    Confidence::Corroborated,
    Confidence::SingleSource,
    Confidence::Coverage,
];

impl Found {
    /// Adds bytes to `out` that sort as the finding will be listed: by time, clause, area and
    /// aircraft. Where these are the same, the verdict decides, which is not known yet.
    pub fn put_order(&self, out: &mut Vec<u8>) {
        let mut key = Key(out);
        key.interval(self.pending.interval);
        key.bytes(&self.rank.to_be_bytes());
        key.address(self.address);
    }

    /// Adds all that is known to `out`.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let Self { address, callsigns, rank, pending } = self;
        let Pending {
            volume,
            verdict,
            reason,
            interval,
            possible,
            margin,
            deepest,
            confidence,
            evidence,
            cells,
            sure,
        } = pending;
        let mut to = Key(out);
        to.address(*address);
        to.bytes(&rank.to_be_bytes());
        to.bytes(&volume.to_be_bytes());
        to.bytes(&[*verdict as u8, *reason as u8, *confidence as u8]);
        to.interval(*interval);
        to.interval(*possible);
        to.optional(margin.horizontal_cm, Key::signed);
        to.optional(margin.vertical_cm, Key::signed);
        to.position(*deepest);
        to.optional(*sure, |to, [first, last]| {
            to.interval(first);
            to.interval(last);
        });
        to.count(callsigns.len());
        callsigns.iter().for_each(|sign| to.bytes(&sign.bytes()));
        to.count(evidence.len());
        for (digest, locator) in evidence {
            to.bytes(digest.as_bytes());
            to.bytes(&locator.input.to_be_bytes());
            to.bytes(&locator.record.to_be_bytes());
        }
        to.count(cells.len());
        for cell in cells {
            let (span, [lon, lat]) = cell.parts();
            to.signed(span);
            to.bytes(&lon.to_be_bytes());
            to.bytes(&lat.to_be_bytes());
        }
    }

    /// What [`Found::pack`] wrote; `None` when it did not.
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut from = Packed(bytes);
        let (address, rank, volume) = (from.address()?, from.u32()?, from.u32()?);
        let [verdict, reason, confidence] = from.take()?;
        let pending = Pending {
            volume,
            verdict: *Verdict::ALL.get(usize::from(verdict))?,
            reason: *Reason::ALL.get(usize::from(reason))?,
            confidence: *CONFIDENCES.get(usize::from(confidence))?,
            interval: from.interval()?,
            possible: from.interval()?,
            margin: Margin {
                horizontal_cm: from.optional(Packed::signed)?,
                vertical_cm: from.optional(Packed::signed)?,
            },
            deepest: from.position()?,
            sure: from.optional(|from| Some([from.interval()?, from.interval()?]))?,
            evidence: Vec::new(),
            cells: Vec::new(),
        };
        let mut found = Self { address, callsigns: Vec::new(), rank, pending };
        for _ in 0..from.u32()? {
            found.callsigns.push(Callsign::of_bytes(from.take()?)?);
        }
        for _ in 0..from.u32()? {
            let digest = Digest::from_bytes(from.take()?);
            let input = u16::from_be_bytes(from.take()?);
            let record = u64::from_be_bytes(from.take()?);
            found.pending.evidence.push((digest, Locator { input, record }));
        }
        for _ in 0..from.u32()? {
            let span = from.signed()?;
            let (lon, lat) = (from.take()?, from.take()?);
            let cell = CellTime::of_parts(span, [lon, lat].map(i16::from_be_bytes));
            found.pending.cells.push(cell);
        }
        from.0.is_empty().then_some(found)
    }
}

impl Sketch {
    /// Adds all of it to `out`; sorted as bytes they come in their order.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let Self { aircraft, points, stride } = self;
        let mut to = Key(out);
        to.address(*aircraft);
        to.bytes(&stride.to_be_bytes());
        to.count(points.len());
        for (at, position) in points {
            to.instant(*at);
            to.position(*position);
        }
    }

    /// What [`Sketch::pack`] wrote; `None` when it did not.
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut from = Packed(bytes);
        let (aircraft, stride) = (from.address()?, from.u32()?);
        let mut points = Vec::new();
        for _ in 0..from.u32()? {
            points.push((from.instant()?, from.position()?));
        }
        from.0.is_empty().then_some(Self { aircraft, points, stride })
    }
}

impl Key<'_> {
    fn count(&mut self, count: usize) {
        self.bytes(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
    }

    fn position(&mut self, position: Position) {
        self.bytes(&position.lon_e7().to_be_bytes());
        self.bytes(&position.lat_e7().to_be_bytes());
    }
}

/// Bytes that are left to read.
struct Packed<'a>(&'a [u8]);

impl Packed<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn signed(&mut self) -> Option<i64> {
        self.take().map(|bytes| (u64::from_be_bytes(bytes) ^ 1 << 63).cast_signed())
    }

    fn instant(&mut self) -> Option<Instant> {
        self.signed().map(Instant::from_micros)
    }

    fn interval(&mut self) -> Option<Interval> {
        Interval::new(self.instant()?, self.instant()?).ok()
    }

    fn address(&mut self) -> Option<Address> {
        let bits = self.u32()?;
        Some(if bits < 1 << 24 { Address::icao(bits) } else { Address::other(bits) })
    }

    fn position(&mut self) -> Option<Position> {
        let (lon, lat) = (self.take()?, self.take()?);
        Position::from_e7(i32::from_be_bytes(lon), i32::from_be_bytes(lat)).ok()
    }

    #[allow(clippy::option_option, reason = "what is not there is no fault")]
    fn optional<T>(&mut self, get: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.take()? {
            [0] => Some(None),
            [1] => get(self).map(Some),
            _ => None,
        }
    }
}
