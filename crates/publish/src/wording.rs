//! Findings, alerts and counts in words.

use agreement::{Act, ClauseStatus};
use assess::finding::Margin;
use assess::incidents::Outside;
use assess::{AlertKind, Confidence, Subject};

use crate::input::Treatment;

/// Whom or what a finding is about.
pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Aircraft(address) => format!("aircraft {address}"),
        Subject::Act(act) => self::act(*act),
        Subject::Everybody => "everybody bound".to_owned(),
    }
}

/// An act as a word.
pub(crate) fn act(act: Act) -> String {
    act.as_str().replace('_', " ")
}

/// How far the evidence can be relied on.
pub(crate) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Stated => "measured, quality stated by the sender",
        Confidence::Declared => "measured, quality declared for the feed",
        Confidence::Poor => "measured, worst quality assumed",
        Confidence::Contested => "measured, contested",
        Confidence::Corroborated => "said by several sources",
        Confidence::SingleSource => "said by one source",
        Confidence::Coverage => "follows from coverage",
    }
}

/// An alert's kind as people say it.
pub(crate) const fn alert(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Approaching => "Approaching",
        AlertKind::Imminent => "Entry imminent",
        AlertKind::Infringement => "Infringement",
        AlertKind::PossibleInfringement => "Possible infringement",
        AlertKind::Ended => "Ended",
        AlertKind::TrackLost => "Track lost",
        AlertKind::FeedSilent => "Feed silent",
    }
}

/// What was done about a clause.
pub(crate) fn treatment(treatment: Option<&Treatment>, status: ClauseStatus) -> String {
    match treatment {
        Some(Treatment::Assessed) => "assessed".to_owned(),
        Some(Treatment::AsIfAdopted) => "assessed as if adopted".to_owned(),
        Some(Treatment::NotAssessed(why)) => format!("not assessed: {why}"),
        None => format!("not assessed: {}", status_word(status)),
    }
}

/// A status as people say it.
#[must_use]
pub const fn status_word(status: ClauseStatus) -> &'static str {
    match status {
        ClauseStatus::Proposed => "proposed",
        ClauseStatus::Adopted => "adopted",
        ClauseStatus::Suspended => "suspended",
        ClauseStatus::Lapsed => "lapsed",
    }
}

/// A margin, a line each for place and height. In the area the aircraft was at least so deep;
/// outside it, the distance is that of its nearest position. Height allows for all doubt.
pub(crate) fn margin(margin: Margin) -> Vec<String> {
    let place = margin.horizontal_cm.map(|cm| match length(cm.unsigned_abs()) {
        length if cm < 0 => format!("{length} outside at the nearest position"),
        length => format!("≥ {length} inside"),
    });
    let height = margin.vertical_cm.map(|cm| {
        let side = if cm < 0 { "outside" } else { "inside" };
        format!("≥ {} {side} in height", length(cm.unsigned_abs()))
    });
    place.into_iter().chain(height).collect()
}

/// A length with the unit that suits it.
pub(crate) fn length(cm: u64) -> String {
    match cm {
        0..1_000 => format!("{}.{:02} m", cm / 100, cm % 100),
        1_000..100_000 => format!("{} m", cm / 100),
        100_000..10_000_000 => format!("{}.{:02} km", cm / 100_000, cm % 100_000 / 1_000),
        _ => format!("{} km", cm / 100_000),
    }
}

/// Why a report lies outside a clause.
pub(crate) const fn outside(outside: Outside) -> &'static str {
    match outside {
        Outside::Elsewhere => "elsewhere",
        Outside::Before => "before it was in force",
        Outside::After => "after it was in force",
        Outside::OutsideHours => "outside its hours",
        Outside::NotListedAct => "act not listed",
        Outside::ExcludedGroup => "by or against an excluded group",
        Outside::NotBetweenAdherents => "not between adherents",
        Outside::CiviliansNotCovered => "civilians not covered",
        Outside::OutsideHeight => "over or under it",
    }
}

/// A count with thousands set apart by thin spaces.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut said = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push('\u{202f}');
        }
        said.push(digit);
    }
    said
}

/// A count and its noun, which takes an s for the plural.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_says_which_way_it_bounds() {
        let said = margin(Margin { horizontal_cm: Some(123_456), vertical_cm: Some(-15_240) });
        assert_eq!(said, ["≥ 1.23 km inside", "≥ 152 m outside in height"]);
        let beside = margin(Margin { horizontal_cm: Some(-70_200), vertical_cm: None });
        assert_eq!(beside, ["702 m outside at the nearest position"]);
        assert!(margin(Margin::default()).is_empty());
    }

    #[test]
    fn counts_are_set_in_thousands() {
        assert_eq!(count(57_793), "57\u{202f}793");
        assert_eq!(counted(1, "report"), "1 report");
    }
}
