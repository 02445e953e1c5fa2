//! `armistice tally`: reports before a day and from it on.

mod change;

use std::collections::BTreeSet;
use std::io::{self, Write};

use agreement::Pack;
use assess::fusion::placed;
use assess::periods::{Comparison, Days, compare};
use assess::tally::{BeforeAfter, By, Line, Periods, before_after};
use serde_json::json;

use crate::arguments::{Tally, TallyBy};
use crate::console::{Columns, Ink, plain};
use crate::outcome::{Outcome, WrongUsage};
use crate::rejects::Rejects;
use crate::{inputs, pack};

/// Runs the command.
pub(crate) fn run(arguments: &Tally) -> anyhow::Result<Outcome> {
    let pack = pack::sound(&arguments.pack)?;
    let (periods, days) = periods(&arguments.around, arguments.days, &pack)?;
    let mut rejects = Rejects::default();
    let reports = inputs::all_reports(&arguments.reports, Some(&pack), &mut rejects)?;
    let by = match arguments.by {
        TallyBy::Clause => By::Clause,
        TallyBy::Area => By::Area,
        TallyBy::Kind => By::Kind,
        TallyBy::Party => By::Party,
    };
    let tally = before_after(&pack, &BTreeSet::new(), periods, by, &reports);
    let duties = placed(&pack, inputs::all_duties(&arguments.duty, &mut rejects)?);
    let duties = (!arguments.duty.is_empty()).then_some(&duties[..]);
    let counted = (by, arguments.all);
    let compared = compare(&pack, &BTreeSet::new(), &days, counted, &reports, duties);
    let mut out = io::stdout().lock();
    if arguments.json {
        print_json(arguments, &tally, &compared, periods, &rejects, &mut out)?;
    } else {
        print(arguments, &pack, &tally, &compared, &rejects, &mut out)?;
    }
    Ok(if reports.is_empty() { Outcome::Refused } else { Outcome::Done })
}

/// Two periods of so many days around a day of the pack's time zone.
pub(crate) fn periods(around: &str, days: u32, pack: &Pack) -> anyhow::Result<(Periods, Days)> {
    let wrong = |said: String| WrongUsage(said);
    let day = around.parse().map_err(|_| {
        wrong(format!("--around {}: write a day such as 2017-07-09", plain(around)))
    })?;
    let zone = spacetime::zone_rules(&pack.time_zone)?;
    let said = |fault| wrong(format!("--days: {fault}"));
    let periods = Periods::around(&zone, day, days).map_err(said)?;
    Ok((periods, Days::around(&zone, day, days).map_err(said)?))
}

fn print(
    arguments: &Tally,
    pack: &Pack,
    tally: &BeforeAfter,
    compared: &Comparison,
    rejects: &Rejects,
    out: &mut impl Write,
) -> io::Result<()> {
    let scope = if arguments.all { "every report in the area" } else { "reports in scope" };
    let Tally { days, around, .. } = arguments;
    let title = format!("{}: {scope}, {days} days before and from {around}", plain(&pack.title));
    writeln!(out, "{}\n", Ink::for_stdout().strong(title))?;
    let row = match tally.by {
        By::Clause => "clause",
        By::Area => "area",
        By::Kind => "kind",
        By::Party => "party",
    };
    let mut table =
        Columns::headed(&[row, "before", "after", "change", "coarse place", "coarse date"]);
    for (name, line) in &tally.lines {
        let change = compared.lines.get(name).and_then(|line| line.ratio);
        table.row(cells(name, line, change::times(change), arguments.all));
    }
    if tally.by != By::Party {
        let change = change::times(compared.total.ratio);
        table.row(cells("all together", &tally.total, change, arguments.all));
    }
    table.print(out)?;
    writeln!(out)?;
    let undecided = tally.total.before.undecided + tally.total.after.undecided;
    if !arguments.all && undecided > 0 {
        writeln!(out, "{undecided} more cannot be decided: a side is missing or not known.")?;
    }
    rejects.tell(out)?;
    if arguments.series {
        change::series(compared, out)?;
    }
    change::told(compared, out)?;
    writeln!(out, "A comparison of counts, not evidence of a cause.")
}

/// Name, before, after, and how many of both are too coarse to be sure of.
fn cells(name: &str, line: &Line, change: String, all: bool) -> [String; 6] {
    let Line { before, after } = line;
    let numbers = if all {
        let place = before.all_coarse_place + after.all_coarse_place;
        [before.all, after.all, place, before.all_coarse_date + after.all_coarse_date]
    } else {
        let place = before.in_scope_coarse_place + after.in_scope_coarse_place;
        let date = before.in_scope_coarse_date + after.in_scope_coarse_date;
        [before.in_scope, after.in_scope, place, date]
    };
    let [b, a, place, date] = numbers.map(|n| n.to_string());
    [name.to_owned(), b, a, change, place, date]
}

fn print_json(
    arguments: &Tally,
    tally: &BeforeAfter,
    compared: &Comparison,
    periods: Periods,
    rejects: &Rejects,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let period = |period: spacetime::Interval| json!({ "from": period.start().to_string(), "to": period.end().to_string() });
    let mut told = serde_json::to_value(tally)?;
    told["all"] = json!(arguments.all);
    told["around"] = json!(arguments.around);
    told["comparison"] = json!(compared);
    told["days"] = json!(arguments.days);
    told["periods"] = json!({ "after": period(periods.after), "before": period(periods.before) });
    told["rejected"] = json!(rejects.len());
    told["rejects"] = rejects.json();
    told["unread"] = rejects.unread_json();
    writeln!(out, "{told:#}")?;
    Ok(())
}
