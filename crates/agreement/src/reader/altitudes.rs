//! Heights as packs write them, and the rules by which a height or a band is implausible.

use spacetime::altitude::{
    AltitudeAgl, AltitudeBaro, AltitudeEllipsoid, AltitudeLimit, AltitudeMsl, HeightBounds,
};

use super::table::Value;
use crate::fault::{FaultCode, NoteCode};
use crate::text::shown;

/// Highest that may be written in metres. Hardly anything flies above 13 km, and there a
/// figure in metres is most often one in feet; who means it writes kilometres.
pub const METRES_MAX: i64 = 13_000;
/// Highest that may be written in feet: above 100,000 a decimal has slipped.
pub const FEET_MAX: i64 = 100_000;
/// Highest that may be written in kilometres.
pub const KILOMETRES_MAX: i64 = 100;
/// Lowest that may be written: below every shore on Earth.
pub const LOWEST_CM: i64 = -50_000;
/// A band thinner than this is no band: an altimeter's own error is larger, and "1000 ft"
/// to "305 m" is the same height in two units.
pub const BAND_CM_MIN: i64 = 3_000;

const FORM: &str = "write it as \"FL195\", \"3000 ft baro\", \"1500 m msl\", \"500 ft agl\", \
                    \"9 km ellipsoid\", \"ground\" or \"unlimited\"";

/// A limit: a height with unit and reference, `ground` or `unlimited`.
pub(super) fn limit(value: &Value<'_>) -> Option<AltitudeLimit> {
    let text = value.text()?.trim();
    match text {
        "ground" => return Some(AltitudeLimit::Ground),
        "unlimited" => return Some(AltitudeLimit::Unlimited),
        _ => {}
    }
    if let Some(level) = text.strip_prefix("FL") {
        let digits = (2..=3).contains(&level.len()) && level.bytes().all(|b| b.is_ascii_digit());
        let feet = level.parse::<i32>().ok().filter(|_| digits).map(|level| level * 100);
        let Some(height) = feet.and_then(AltitudeBaro::from_feet) else {
            return malformed(value, text);
        };
        return Some(AltitudeLimit::Baro(height));
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let &[number, unit, reference] = words.as_slice() else { return malformed(value, text) };
    let cm = i32::try_from(centimetres(value, text, number, unit)?).ok()?;
    match reference {
        "baro" => Some(AltitudeLimit::Baro(AltitudeBaro::from_cm(cm))),
        "msl" => Some(AltitudeLimit::Msl(AltitudeMsl::from_cm(cm))),
        "agl" => Some(AltitudeLimit::Agl(AltitudeAgl::from_cm(cm))),
        "ellipsoid" => Some(AltitudeLimit::Ellipsoid(AltitudeEllipsoid::from_cm(cm))),
        _ => malformed(value, text),
    }
}

fn malformed<T>(value: &Value<'_>, text: &str) -> Option<T> {
    let reason = format!("\"{}\" is no height with unit and reference", shown(text));
    value.fault(FaultCode::AltitudeMalformed, reason, FORM);
    None
}

/// Exact: the decimal is read as thousandths, and a foot is 30.48 cm.
fn centimetres(value: &Value<'_>, text: &str, number: &str, unit: &str) -> Option<i64> {
    let Some(thousandths) = thousandths(number) else { return malformed(value, text) };
    let (centi_cm, most) = match unit {
        "m" => (10_000, METRES_MAX),
        "km" => (10_000_000, KILOMETRES_MAX),
        "ft" => (3_048, FEET_MAX),
        _ => return malformed(value, text),
    };
    if thousandths > most * 1000 {
        let reason = format!("{number} {unit} is higher than {most} {unit}");
        let repair = match unit {
            "m" => format!(
                "write \"{number} ft\" if feet are meant, km if metres are, or \"unlimited\""
            ),
            _ => "check the figure, or write \"unlimited\"".to_owned(),
        };
        value.fault(FaultCode::AltitudeImplausible, reason, repair);
        return None;
    }
    let cm = (thousandths * centi_cm + 50_000).div_euclid(100_000);
    if cm < LOWEST_CM {
        let reason = format!("{number} {unit} lies below every shore");
        value.fault(
            FaultCode::AltitudeImplausible,
            reason,
            "check the figure, or write \"ground\"",
        );
        return None;
    }
    Some(cm)
}

fn thousandths(number: &str) -> Option<i64> {
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str, most| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !(plain(whole, 9) && plain(fraction, 3)) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse::<i64>().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 1000 + fraction))
}

/// Holds a floor against its ceiling.
pub(super) fn check_band(
    floor: (&Value<'_>, AltitudeLimit),
    ceiling: (&Value<'_>, AltitudeLimit),
    bounds: HeightBounds,
) {
    let (at, floor) = floor;
    let (other, ceiling) = ceiling;
    if floor == AltitudeLimit::Unlimited {
        let reason = "nothing lies above an unlimited floor";
        return at.fault(
            FaultCode::AltitudeBackwards,
            reason,
            "give the floor a height, or \"ground\"",
        );
    }
    if ceiling == AltitudeLimit::Ground {
        let reason = "nothing lies below a ceiling on the ground";
        return other.fault(
            FaultCode::AltitudeBackwards,
            reason,
            "give the ceiling a height, or \"unlimited\"",
        );
    }
    let (low, high) = (bounds.of_limit(floor), bounds.of_limit(ceiling));
    let (thickness, certain) = match same_reference(floor, ceiling) {
        Some((floor_cm, ceiling_cm)) => (i64::from(ceiling_cm) - i64::from(floor_cm), true),
        None => (i64::from(high.high_cm) - i64::from(low.low_cm), false),
    };
    if thickness <= 0 {
        let reason = "the floor is not below the ceiling";
        at.fault(FaultCode::AltitudeBackwards, reason, "swap them, or check units and references");
    } else if certain && thickness < BAND_CM_MIN {
        let reason = format!("the band is {thickness} cm thick, less than an altimeter can tell");
        at.fault(
            FaultCode::AltitudeImplausible,
            reason,
            "check whether both limits have the unit that is meant",
        );
    } else if !certain && high.low_cm <= low.high_cm {
        let text = "the limits have different references, and with the pack's bounds between \
                    them the floor can reach the ceiling";
        at.note(NoteCode::BandMayClose, text);
    }
}

fn same_reference(floor: AltitudeLimit, ceiling: AltitudeLimit) -> Option<(i32, i32)> {
    use AltitudeLimit::{Agl, Baro, Ellipsoid, Msl};
    match (floor, ceiling) {
        (Baro(a), Baro(b)) => Some((a.cm(), b.cm())),
        (Ellipsoid(a), Ellipsoid(b)) => Some((a.cm(), b.cm())),
        (Msl(a), Msl(b)) => Some((a.cm(), b.cm())),
        (Agl(a), Agl(b)) => Some((a.cm(), b.cm())),
        _ => None,
    }
}
