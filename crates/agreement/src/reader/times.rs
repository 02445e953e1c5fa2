//! Instants, intervals and recurring hours, as packs write them.

use jiff::civil::{Date, DateTime, Time, Weekday};
use spacetime::{
    Activation, Days, Instant, Interval, LocalTime, RecurringHours, TimeFault, ZoneRules,
    resolve_local, zone_rules,
};
use toml::de::DeValue;

use super::table::{Table, Value};
use crate::fault::FaultCode;
use crate::text::shown;

/// Most windows, hours or exceptions of one clause.
const WINDOWS_MAX: usize = 10_000;

const DAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// An instant: RFC 3339 with an offset, or `{ local = ..., zone = ... }`.
pub(super) fn instant(value: &Value<'_>) -> Option<Instant> {
    if value.value.is_table() {
        return local_instant(&value.table()?);
    }
    let text = dated_text(value)?;
    match Instant::parse(&text) {
        Ok(at) => Some(at),
        Err(TimeFault::Naive) => {
            let reason = format!("\"{text}\" does not say by whose clock");
            let repair = format!(
                "add the offset (\"{text}Z\" in UTC), or write {{ local = \"{text}\", \
                 zone = \"Area/City\" }}"
            );
            value.fault(FaultCode::TimeNaive, reason, repair);
            None
        }
        Err(_) => malformed(value, &text, "an instant", "2017-07-09T12:00:00+03:00"),
    }
}

fn local_instant(table: &Table<'_>) -> Option<Instant> {
    let local = table.require("local");
    let zone = table.require("zone").and_then(|value| zone(&value));
    table.finish();
    let local = local?;
    let text = dated_text(&local)?;
    if Instant::parse(&text).is_ok() {
        return malformed(
            &local,
            &text,
            "a local time: it has an offset of its own",
            "2017-07-09T12:00:00",
        );
    }
    let Ok(civil) = text.parse::<DateTime>() else {
        return malformed(&local, &text, "a local date and time", "2017-07-09T12:00:00");
    };
    let zone = zone?;
    match resolve_local(&zone, civil).ok()? {
        LocalTime::Unambiguous(at) => Some(at),
        LocalTime::Gap { at } => {
            let reason = format!("the clocks of {} skipped {text}", zone.name());
            let repair = format!("name an instant with an offset; the clocks changed at {at}");
            local.fault(FaultCode::TimeInGap, reason, repair);
            None
        }
        LocalTime::Fold { first, last } => {
            let reason = format!("the clocks of {} showed {text} twice", zone.name());
            let repair = format!("name the instant that is meant, {first} or {last}");
            local.fault(FaultCode::TimeInFold, reason, repair);
            None
        }
    }
}

/// A date or time, quoted or not.
fn dated_text(value: &Value<'_>) -> Option<String> {
    match value.value {
        DeValue::Datetime(stamp) => Some(stamp.to_string()),
        DeValue::String(_) => value.text().map(|text| shown(text.trim())),
        _ => value.mistyped("a date and time", "it as 2017-07-09T12:00:00+03:00"),
    }
}

fn malformed<T>(value: &Value<'_>, text: &str, what: &str, example: &str) -> Option<T> {
    let reason = format!("\"{text}\" is not {what}");
    value.fault(FaultCode::TimeMalformed, reason, format!("write it as \"{example}\""));
    None
}

/// A time zone of the bundled database.
pub(super) fn zone(value: &Value<'_>) -> Option<ZoneRules> {
    let name = value.text()?;
    let rules = zone_rules(name).ok();
    if rules.is_none() {
        let reason = format!("there is no time zone \"{}\"", shown(name));
        value.fault(FaultCode::ZoneUnknown, reason, "use an IANA name such as \"Asia/Damascus\"");
    }
    rules
}

/// A table with `from` and `to`, either of which may be left open when it is not needed.
pub(super) fn interval(table: &Table<'_>, needs_from: bool, needs_to: bool) -> Option<Interval> {
    let end = |key, needed| if needed { table.require(key) } else { table.get(key) };
    let (from, to) = (end("from", needs_from), end("to", needs_to));
    table.finish();
    let start = from.as_ref().map_or(Some(Instant::MIN), instant);
    let until = to.as_ref().map_or(Some(Instant::MAX), instant);
    let (start, until) = (start?, until?);
    if until <= start {
        let reason = format!("it ends at {until} and starts at {start}");
        table.fault(FaultCode::IntervalBackwards, reason, "put `from` before `to`");
        return None;
    }
    Interval::new(start, until).ok()
}

/// When a volume is active: `windows`, `hours` and `except` of a clause. Without windows and
/// hours it is active always.
pub(super) fn activation(table: &Table<'_>) -> Activation {
    let intervals = |key| -> Vec<Interval> {
        let tables = table.tables(key, WINDOWS_MAX);
        tables.iter().filter_map(|table| interval(table, false, false)).collect()
    };
    let (windows, except) = (intervals("windows"), intervals("except"));
    let hours: Vec<RecurringHours> =
        table.tables("hours", WINDOWS_MAX).iter().filter_map(recurring).collect();
    let base = if windows.is_empty() && hours.is_empty() {
        Activation::always()
    } else {
        Activation::windows(windows)
    };
    base.and_hours(hours).except(except)
}

fn recurring(table: &Table<'_>) -> Option<RecurringHours> {
    let zone = table.require("zone").and_then(|value| zone(&value));
    let days = table.get("days").map_or(Days::ALL, |value| {
        value.list(WINDOWS_MAX).iter().filter_map(|day| day.word(DAYS)).collect()
    });
    let from = table.require("from").and_then(|value| time_of_day(&value));
    let to = table.require("to").and_then(|value| time_of_day(&value));
    let first = table.get("first").and_then(|value| date(&value));
    let last = table.get("last").and_then(|value| date(&value));
    table.finish();
    if days == Days::NONE {
        table.fault(
            FaultCode::ListEmpty,
            "the hours are on no day",
            "name a day, or leave out `days`",
        );
    }
    if let (Some(first), Some(last)) = (first, last)
        && last < first
    {
        let reason = format!("the last day, {last}, is before the first, {first}");
        table.fault(FaultCode::IntervalBackwards, reason, "put `first` before `last`");
    }
    Some(RecurringHours { zone: zone?, days, from: from?, to: to?, first, last })
}

fn time_of_day(value: &Value<'_>) -> Option<Time> {
    let text = dated_text(value)?;
    match text.parse() {
        Ok(time) if !text.contains(['T', 't', ' ']) => Some(time),
        _ => malformed(value, &text, "a time of day", "22:00"),
    }
}

fn date(value: &Value<'_>) -> Option<Date> {
    let text = dated_text(value)?;
    match text.parse() {
        Ok(date) if text.len() == 10 => Some(date),
        _ => malformed(value, &text, "a date", "2017-07-09"),
    }
}
