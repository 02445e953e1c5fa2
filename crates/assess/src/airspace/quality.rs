//! How far a reported position may be off.

use agreement::Parameters;
use agreement::track::PositionQuality;
use agreement::watch::Sensor;

use crate::finding::Confidence;

/// Radius that holds 95 percent of the error by NACp 1 to 11, centimetres (DO-260B table
/// 2-71).
const EPU_CM_BY_NAC_P: [i32; 11] =
    [1_852_000, 740_800, 370_400, 185_200, 92_600, 55_560, 18_520, 9_260, 3_000, 1_000, 300];

/// Radius of containment by NIC 1 to 11, centimetres (DO-260B table 2-70); NIC 6 as its widest.
const CONTAINMENT_CM_BY_NIC: [i32; 11] =
    [3_704_000, 1_481_600, 740_800, 370_400, 185_200, 111_120, 37_040, 18_520, 7_500, 2_500, 750];

/// Radius that holds 95 percent of the error by NUCp 1 to 9, centimetres (DO-260 table 2-11).
const EPU_CM_BY_NUC_P: [i32; 9] =
    [1_852_000, 926_000, 185_200, 92_600, 46_300, 18_520, 9_260, 1_000, 300];

/// NIC below which a position counts as degraded, for the test for jamming.
const NIC_DEGRADED: u8 = 7;
/// NACp below which a position counts as degraded, where no NIC is given.
const NAC_P_DEGRADED: u8 = 8;
/// NUCp below which a position counts as degraded, where neither is given: NUCp 6 has the
/// containment of NIC 7, 0.2 nautical miles.
const NUC_P_DEGRADED: u8 = 6;

/// What the error radius rests on, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    /// The sender states it.
    Stated,
    /// The pack declares it for the feed.
    Declared,
    /// Nobody states it: the feed's worst.
    Worst,
    /// The sender says that it does not know (NACp 0, NUCp 0): the feed's worst, and never a
    /// breach.
    Unusable,
}

/// Estimated position uncertainty: the radius that holds 95 percent of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epu {
    /// In centimetres.
    pub(super) cm: i32,
    /// What that rests on.
    pub(super) basis: Basis,
}

/// How far positions of one feed may be off where the sender does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedErrors {
    /// What the pack declares for the feed, centimetres.
    default_cm: Option<i32>,
    /// The worst that it is thought to have, centimetres.
    worst_cm: i32,
}

impl FeedErrors {
    /// Of the feed of a sensor, or of one that the pack does not know.
    pub(super) fn of(sensor: Option<&Sensor>, parameters: &Parameters) -> Self {
        let unknown = i32::try_from(parameters.worst_epu_cm).unwrap_or(i32::MAX);
        Self {
            default_cm: sensor.and_then(|s| s.default_epu_cm),
            worst_cm: sensor.map_or(unknown, |s| s.worst_epu_cm),
        }
    }
}

impl Epu {
    /// Of one record: NACp before NUCp before NIC, since accuracy is what is asked for; then
    /// what the pack declares for the feed, then the worst.
    pub(super) fn of(quality: PositionQuality, feed: FeedErrors) -> Self {
        let unusable = || Self { cm: feed.worst_cm, basis: Basis::Unusable };
        let stated = |cm| Self { cm, basis: Basis::Stated };
        match (quality.nac_p, quality.nuc_p, quality.nic) {
            (Some(nac_p), _, _) => by(&EPU_CM_BY_NAC_P, nac_p).map_or_else(unusable, stated),
            (None, Some(nuc_p), _) => by(&EPU_CM_BY_NUC_P, nuc_p).map_or_else(unusable, stated),
            (None, None, Some(nic)) => {
                // Containment to accuracy: Rc / 2.5 for the best categories, else Rc / 2.
                let share = |rc: i32| if nic >= 9 { rc / 5 * 2 } else { rc / 2 };
                by(&CONTAINMENT_CM_BY_NIC, nic).map_or_else(unusable, |rc| stated(share(rc)))
            }
            (None, None, None) => match feed.default_cm {
                Some(cm) => Self { cm, basis: Basis::Declared },
                None => Self { cm: feed.worst_cm, basis: Basis::Worst },
            },
        }
    }

    /// One standard deviation along one axis, centimetres: EPU / 2.448.
    pub(super) fn sigma_cm(self) -> i64 {
        i64::from(self.cm) * 1000 / 2448
    }

    /// How far a finding that rests on it can be relied on.
    pub(super) const fn confidence(self) -> Confidence {
        match self.basis {
            Basis::Stated => Confidence::Stated,
            Basis::Declared => Confidence::Declared,
            Basis::Worst | Basis::Unusable => Confidence::Poor,
        }
    }
}

/// Whether the sender reports integrity or accuracy as bad as a jammed receiver would.
/// `None` when it reports neither.
pub(super) fn is_degraded(quality: PositionQuality) -> Option<bool> {
    match (quality.nic, quality.nac_p, quality.nuc_p) {
        (Some(nic), ..) => Some(nic < NIC_DEGRADED),
        (None, Some(nac_p), _) => Some(nac_p < NAC_P_DEGRADED),
        (None, None, Some(nuc_p)) => Some(nuc_p < NUC_P_DEGRADED),
        (None, None, None) => None,
    }
}

/// The entry for category `n`, counted from 1; `None` for 0 and for what is not in use.
fn by(table: &[i32], n: u8) -> Option<i32> {
    usize::from(n).checked_sub(1).and_then(|n| table.get(n)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epu(nac_p: Option<u8>, nuc_p: Option<u8>, nic: Option<u8>) -> Epu {
        let feed = FeedErrors::of(None, &Parameters::default());
        Epu::of(PositionQuality { nic, nac_p, nuc_p }, feed)
    }

    #[test]
    fn accuracy_comes_before_integrity() {
        assert_eq!(epu(Some(9), None, Some(7)), Epu { cm: 3_000, basis: Basis::Stated });
        assert_eq!(epu(None, Some(7), None).cm, 9_260);
        assert_eq!(epu(None, None, Some(9)).cm, 3_000);
        assert_eq!(epu(None, None, Some(8)).cm, 9_260);
    }

    #[test]
    fn a_sender_that_does_not_know_is_worse_than_one_that_does_not_say() {
        assert_eq!(epu(Some(0), None, Some(8)).basis, Basis::Unusable);
        assert_eq!(epu(None, Some(0), None).basis, Basis::Unusable);
        assert_eq!(epu(None, None, None).basis, Basis::Worst);
    }
}
