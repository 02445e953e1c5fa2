//! The order of alerts and anomalies as bytes: sorted as bytes, they come in the order of the
//! values. So they can be put in order on disk by whoever cannot hold them all.

use agreement::Address;
use spacetime::{Instant, Interval};

use crate::alert::Alert;
use crate::anomaly::{Anomaly, AnomalySubject};

/// Bytes that sort as what was put into them does. No key is the start of another one.
#[derive(Debug)]
pub(crate) struct Key<'a>(pub(crate) &'a mut Vec<u8>);

impl Key<'_> {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn signed(&mut self, number: i64) {
        self.bytes(&(number.cast_unsigned() ^ 1 << 63).to_be_bytes());
    }

    pub(crate) fn instant(&mut self, at: Instant) {
        self.signed(at.micros());
    }

    pub(crate) fn interval(&mut self, interval: Interval) {
        self.instant(interval.start());
        self.instant(interval.end());
    }

    pub(crate) fn address(&mut self, address: Address) {
        let bits = address.bits() | u32::from(!address.is_icao()) << 24;
        self.bytes(&bits.to_be_bytes());
    }

    /// A text ends with two zeros; a zero in it is one with 255 behind.
    pub(crate) fn text(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            self.byte(byte);
            if byte == 0 {
                self.byte(u8::MAX);
            }
        }
        self.bytes(&[0, 0]);
    }

    /// What is not there comes before all that is.
    pub(crate) fn optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.byte(value.is_some().into());
        if let Some(value) = value {
            put(self, value);
        }
    }
}

impl Alert {
    /// Adds bytes to `out` that sort as alerts do.
    pub fn put_order(&self, out: &mut Vec<u8>) {
        let Self { raised_at, kind, aircraft, clause, entry_predicted_at, feed } = self;
        let mut key = Key(out);
        key.instant(*raised_at);
        key.byte(*kind as u8);
        key.optional(*aircraft, Key::address);
        key.optional(clause.as_ref(), |key, (clause, area)| {
            key.text(clause.as_str());
            key.text(area.as_str());
        });
        key.optional(*entry_predicted_at, Key::instant);
        key.optional(feed.as_ref(), |key, (input, sensor)| {
            key.bytes(&input.to_be_bytes());
            key.optional(sensor.as_ref(), |key, sensor| key.text(sensor.as_str()));
        });
    }
}

impl Anomaly {
    /// Adds bytes to `out` that sort as anomalies do.
    pub fn put_order(&self, out: &mut Vec<u8>) {
        let Self { interval, kind, subject, times, evidence, locator } = self;
        let mut key = Key(out);
        key.interval(*interval);
        key.byte(*kind as u8);
        match subject {
            AnomalySubject::Aircraft(address) => {
                key.byte(0);
                key.address(*address);
            }
            AnomalySubject::Feed(input, sensor) => {
                key.byte(1);
                key.bytes(&input.to_be_bytes());
                key.optional(sensor.as_ref(), |key, sensor| key.text(sensor.as_str()));
            }
            AnomalySubject::Report(id) => {
                key.byte(2);
                key.text(id);
            }
            AnomalySubject::Cell { lon_half_deg, lat_half_deg } => {
                key.byte(3);
                key.signed((*lon_half_deg).into());
                key.signed((*lat_half_deg).into());
            }
        }
        key.bytes(&times.to_be_bytes());
        key.optional(evidence.as_ref(), |key, digest| key.bytes(digest.as_bytes()));
        key.optional(*locator, |key, locator| {
            key.bytes(&locator.input.to_be_bytes());
            key.bytes(&locator.record.to_be_bytes());
        });
    }
}

#[cfg(test)]
mod tests {
    use agreement::track::Locator;
    use agreement::{AreaId, ClauseId, Digest, SensorId};
    use proptest::prelude::*;

    use super::*;
    use crate::alert::AlertKind;
    use crate::anomaly::AnomalyKind;

    fn name() -> impl Strategy<Value = String> {
        "[ab]{1,2}(-[ab]{1,2})?"
    }

    fn instant() -> impl Strategy<Value = Instant> {
        (-3_i64..3).prop_map(Instant::from_micros)
    }

    fn address() -> impl Strategy<Value = Address> {
        (0_u32..3, any::<bool>())
            .prop_map(|(bits, icao)| if icao { Address::icao(bits) } else { Address::other(bits) })
    }

    fn feed() -> impl Strategy<Value = (u16, Option<SensorId>)> {
        (254_u16..258, proptest::option::of(name().prop_map(|id| SensorId::new(&id).unwrap())))
    }

    fn alert() -> impl Strategy<Value = Alert> {
        let kind = prop_oneof![
            Just(AlertKind::Approaching),
            Just(AlertKind::Ended),
            Just(AlertKind::FeedSilent)
        ];
        let clause = (name(), name())
            .prop_map(|(c, a)| (ClauseId::new(&c).unwrap(), AreaId::new(&a).unwrap()));
        let (clause, feed) = (proptest::option::of(clause), proptest::option::of(feed()));
        let (aircraft, entry) = (proptest::option::of(address()), proptest::option::of(instant()));
        (instant(), kind, aircraft, clause, entry, feed).prop_map(
            |(raised_at, kind, aircraft, clause, entry_predicted_at, feed)| Alert {
                raised_at,
                kind,
                aircraft,
                clause,
                entry_predicted_at,
                feed,
            },
        )
    }

    fn anomaly() -> impl Strategy<Value = Anomaly> {
        let kind = prop_oneof![Just(AnomalyKind::Jump), Just(AnomalyKind::ConflictingReport)];
        let subject = prop_oneof![
            address().prop_map(AnomalySubject::Aircraft),
            feed().prop_map(|(input, sensor)| AnomalySubject::Feed(input, sensor)),
            "[\u{0}a]{0,3}".prop_map(AnomalySubject::Report),
            (-2_i16..2, -2_i16..2).prop_map(|(lon_half_deg, lat_half_deg)| {
                AnomalySubject::Cell { lon_half_deg, lat_half_deg }
            }),
        ];
        let evidence = proptest::option::of((0_u8..3).prop_map(|n| Digest::of_bytes(&[n])));
        let locator = proptest::option::of((0_u16..3, 0_u64..3));
        ((instant(), 0_i64..3), kind, subject, 1_u64..3, evidence, locator).prop_map(
            |((start, length), kind, subject, times, evidence, locator)| Anomaly {
                interval: Interval::new(
                    start,
                    start.plus(spacetime::Duration::from_micros(length)),
                )
                .unwrap(),
                kind,
                subject,
                times,
                evidence,
                locator: locator.map(|(input, record)| Locator { input, record }),
            },
        )
    }

    proptest! {
        #[test]
        fn bytes_sort_as_alerts_do(a in alert(), b in alert()) {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            a.put_order(&mut x);
            b.put_order(&mut y);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }

        #[test]
        fn bytes_sort_as_anomalies_do(a in anomaly(), b in anomaly()) {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            a.put_order(&mut x);
            b.put_order(&mut y);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
