//! What no message says.

use agreement::fault::Place;

use crate::small_pack::{faults, read_texts, with};

#[test]
fn the_place_of_a_post_is_in_no_message() {
    for place in [
        "[33.25, 36.25]",
        "[56.25, 33.25]",
        "[36.25, 133.25]",
        "[36.25]",
        "[36.25, \"33.25\"]",
        "36.25",
    ] {
        let (agreement, areas) = with(&[("[36.25, 33.25]\nreach_m", &format!("{place}\nreach_m"))]);
        let told = read_texts(&agreement, &areas).unwrap_err();
        assert!(told.iter().all(|fault| !fault.may_quote), "{told:?}");
        for fault in told {
            let told = fault.to_string();
            assert!(!told.contains("36.25") && !told.contains("33.25"), "{told}");
        }
    }
}

#[test]
fn a_slip_of_syntax_beside_a_post_is_not_quoted() {
    not_quoted(&[("[36.25, 33.25]\nreach_m", "[36.25, 33.25\nreach_m")]);
    let in_line = "post = [{ id = \"hill\", position = [36.25, 33.25 }]";
    not_quoted(&[("title = \"A small agreement\"", in_line)]);
}

fn not_quoted(spoilt: &[(&str, &str)]) {
    let (agreement, areas) = with(spoilt);
    let told = read_texts(&agreement, &areas).unwrap_err();
    for fault in told {
        let Place::Text { span, .. } = &fault.place else { panic!("{fault}") };
        let start = agreement[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = agreement[span.end..].find('\n').map_or(agreement.len(), |at| span.end + at);
        let quoted = if fault.may_quote { &agreement[start..end] } else { "" };
        assert!(!fault.to_string().contains("36.25") && !quoted.contains("36.25"), "{fault}");
    }
}

#[test]
fn what_refers_to_a_faulty_thing_is_not_faulty_for_that() {
    let told = faults(&[
        ("role = \"excluded\"", "role = \"exluded\""),
        ("members = [\"upper\", \"lower\"]", "members = [\"upper\", \"lower\", \"wild\"]"),
    ]);
    assert_eq!(told.lines().count(), 1, "{told}");
    let told = faults(&[("[36.0, 33.5], [36.0, 33.0]]", "[36.0, 33.5]]")]);
    assert_eq!(told.lines().count(), 1, "{told}");
}
