//! docs/pack-format.md names everything there is.

use agreement::fault::{FaultCode, NoteCode};
use agreement::{PackFiles, Parameters};

const PAGE: &str = include_str!("../../../../docs/pack-format.md");

#[test]
fn every_code_is_explained() {
    let faults = FaultCode::ALL.iter().map(|code| code.as_str());
    for code in faults.chain(NoteCode::ALL.iter().map(|code| code.as_str())) {
        assert!(PAGE.contains(&format!("\n| `{code}` | ")), "{code}");
    }
}

#[test]
fn every_parameter_stands_with_its_default_and_range() {
    let defaults = Parameters::default();
    for (name, low, high) in Parameters::RANGES {
        let default = defaults.get(name).unwrap();
        let row = format!("\n| `{name}` | {default} | {low} to {high} | ");
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn every_example_of_the_agreement_is_read() {
    let blocks = PAGE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let text: String = blocks.collect();
    let files = PackFiles { agreement_toml: Some(text.as_bytes()), ..PackFiles::default() };
    let faults = agreement::pack::read(&files).unwrap_err();
    // What the examples leave out, and no key or value of theirs.
    for fault in faults {
        let left_out = ["file-missing", "party-unknown", "clause-unknown"];
        assert!(left_out.contains(&fault.code.as_str()), "{fault}");
    }
}
