//! How a change between two periods is told.

use std::io::{self, Write};

use assess::periods::interval::Estimate;
use assess::periods::{Compared, Comparison, Observation, Observed, Reading, Scatter};

use crate::console::{Columns, plain};

/// The later count over the earlier, with its interval.
pub(super) fn times(ratio: Option<Estimate>) -> String {
    let Some(Estimate { milli, low_milli, high_milli }) = ratio else { return "-".to_owned() };
    let to = |milli: Option<u64>| milli.map_or_else(|| "any".to_owned(), hundredths);
    // From nothing to something is no multiple of it; only the least that it may be is known.
    let best = milli.map_or_else(|| "from 0".to_owned(), |milli| format!("x{}", hundredths(milli)));
    format!("{best} ({} to {})", hundredths(low_milli), to(high_milli))
}

fn hundredths(milli: u64) -> String {
    let hundredths = (milli + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Every day of the later period beside that of the earlier.
pub(super) fn series(compared: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let names: Vec<&str> = compared.lines.keys().map(String::as_str).collect();
    let mut heads = vec!["day", "previous"];
    heads.extend(&names);
    heads.push("all together");
    if compared.observed.is_some() {
        heads.push("observer-hours");
    }
    let mut table = Columns::headed(&heads);
    let each = compared.dates.len() / 2;
    let both = |daily: &[u64], day: usize| format!("{} ({})", daily[each + day], daily[day]);
    for day in 0..each {
        let mut row = vec![compared.dates[each + day].clone(), compared.dates[day].clone()];
        row.extend(compared.lines.values().map(|line| both(&line.daily, day)));
        row.push(both(&compared.total.daily, day));
        if let Some(Observed { daily, .. }) = &compared.observed {
            let hours = |day: usize| daily[day].observer_s / 3600;
            row.push(format!("{} ({})", hours(each + day), hours(day)));
        }
        table.row(row);
    }
    table.print(out)?;
    writeln!(out, "The later day, and the earlier in brackets.\n")
}

/// How sure the change is, and whether it is one of events or of observation.
pub(super) fn told(compared: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let total = &compared.total;
    scatter(total, out)?;
    let [before, after] = compared.denials;
    if before + after > 0 {
        writeln!(out, "Reports of denied movement: {before} before, {after} after.")?;
    }
    if let Some(observed) = &compared.observed {
        watched(observed, total, out)?;
        lines(compared, out)?;
    }
    writeln!(out, "{}", reading(total.reading))
}

/// Each line by itself: less observation of one area says nothing of another.
fn lines(compared: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let counted = compared.lines.iter().filter(|(_, line)| line.before + line.after > 0);
    let observed = counted.filter_map(|(name, line)| Some((name, line, line.observed?)));
    for (name, line, [before, after]) in observed {
        let hours = |observation: Observation| observation.observer_s / 3600;
        let (before, after) = (hours(before), hours(after));
        writeln!(
            out,
            "{}: {before} observer-hours before, {after} after. {}",
            plain(name),
            reading(line.reading)
        )?;
    }
    Ok(())
}

fn scatter(total: &Compared, out: &mut impl Write) -> io::Result<()> {
    let measured = total.dispersion_milli.map(hundredths);
    match (total.scatter, measured) {
        (Scatter::NegativeBinomial, Some(times)) => writeln!(
            out,
            "95 percent intervals; all together, days scatter {times} times as much as chance has it, so negative binomial."
        ),
        (Scatter::Poisson, Some(times)) => writeln!(
            out,
            "95 percent intervals; all together, days scatter {times} times as chance has it, so exact ones of Poisson counts."
        ),
        _ => writeln!(
            out,
            "95 percent intervals of Poisson counts; too few to tell how days scatter."
        ),
    }
}

fn watched(observed: &Observed, total: &Compared, out: &mut impl Write) -> io::Result<()> {
    let mut table = Columns::headed(&["observation", "before", "after"]);
    let (before, after) = (observed.before, observed.after);
    let rows = [
        ("observer-hours", before.observer_s / 3600, after.observer_s / 3600),
        ("sensor-hours unattended", before.sensor_s / 3600, after.sensor_s / 3600),
        ("posts and sensors on duty", before.posts_on_duty, after.posts_on_duty),
        ("patrols", before.patrols, after.patrols),
        ("watches denied", before.denied, after.denied),
    ];
    for (what, before, after) in rows {
        table.row([what.to_owned(), before.to_string(), after.to_string()]);
    }
    let rate = |rate: Option<Estimate>| times(rate).trim_start_matches('x').to_owned();
    table.row([
        "reports in 1,000 observer-hours".to_owned(),
        rate(total.before_per_1000_observer_hours),
        rate(total.after_per_1000_observer_hours),
    ]);
    table.print(out)?;
    writeln!(out, "Change an observer-hour: {}.", times(total.rate_ratio))
}

const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::NobodyKnows => {
            "Who watched is not on record: whether a change is one of events or of observation, nobody knows."
        }
        Reading::NotWatched => {
            "Nobody was on duty in one of the periods: its reports do not tell how much happened."
        }
        Reading::Fewer => "Fewer reports an observer-hour: not explained by less observation.",
        Reading::More => "More reports an observer-hour: not explained by more observation.",
        Reading::LessObservation => {
            "Fewer reports, and not clearly fewer an observer-hour: there was less observation."
        }
        Reading::MoreObservation => {
            "More reports, and not clearly more an observer-hour: there was more observation."
        }
        Reading::NoClearChange => "No clear change: the intervals hold none as well.",
    }
}
