//! Lengths, names and words.

use crate::source::{code_of, words_of};
use crate::tree::{files_ending, files_under, none};

/// Past this a file is about two things.
const LINES_MAX: usize = 600;
/// Names that say where code was put, not what it is about.
const HOLLOW_NAMES: [&str; 10] =
    ["utils", "util", "common", "core", "types", "manager", "helpers", "helper", "misc", "shared"];
const SOURCE: [&str; 7] = ["rs", "py", "sh", "ts", "js", "css", "html"];
const TEXT: [&str; 10] = ["rs", "py", "sh", "ts", "js", "css", "toml", "md", "yml", "json"];

#[test]
fn no_source_file_is_too_long_to_be_about_one_thing() {
    let faults: Vec<_> = files_ending(&SOURCE)
        .into_iter()
        .filter_map(|file| {
            let lines = file.text()?.lines().count();
            (lines > LINES_MAX)
                .then(|| format!("{}: {lines} lines; split it by what it is about", file.path))
        })
        .collect();
    none(&faults);
}

#[test]
fn no_module_has_a_hollow_name() {
    let mut faults = Vec::new();
    for file in files_under("crates").into_iter().filter(|file| file.path.ends_with(".rs")) {
        let parts = file.path.trim_end_matches(".rs").split('/').filter(|part| is_hollow(part));
        faults.extend(parts.map(|part| format!("{}: `{part}` says nothing", file.path)));
        let code = code_of(&file.text().unwrap());
        let words: Vec<_> = words_of(&code).collect();
        for pair in words.windows(2).filter(|pair| pair[0].1 == "mod" && is_hollow(pair[1].1)) {
            faults.push(format!("{}:{}: `mod {}`", file.path, pair[0].0, pair[1].1));
        }
    }
    none(&faults);
}

fn is_hollow(name: &str) -> bool {
    HOLLOW_NAMES.contains(&name)
}

/// `observed_at`, `received_at` and `sequenced_at` say which of the three they are. A feed's own
/// word stays in intake, where its wire structs are, and in benches, which read what peers do. jiff's type keeps the name it was given, and
/// what stands behind a dot was named elsewhere: a name of ours is caught where it is declared.
#[test]
fn no_name_of_ours_is_a_timestamp() {
    let mut faults = Vec::new();
    for file in files_ending(&["rs"]) {
        let wire = ["crates/intake/", "benches/"].iter().any(|at| file.path.starts_with(at));
        let code = code_of(&file.text().unwrap());
        for (line, word) in words_of(&code) {
            let is_ours = word != "Timestamp" && !wire && !follows_a_dot(&code, word);
            if is_ours && word.to_lowercase().contains("timestamp") && !file.path.contains("tidy") {
                faults.push(format!("{}:{line}: `{word}`: which time is it?", file.path));
            }
        }
    }
    none(&faults);
}

/// Whether a word, a slice of `code`, stands directly behind a dot.
fn follows_a_dot(code: &str, word: &str) -> bool {
    let at = word.as_ptr() as usize - code.as_ptr() as usize;
    code[..at].trim_end().ends_with('.')
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let folders = ["/root/", "/home/", "/work/", "/Users/"];
    let starts = |before: Option<char>| {
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-/~}".contains(c)))
    };
    let mut faults = Vec::new();
    for file in files_ending(&TEXT).into_iter().filter(|file| file.path != THIS_FILE) {
        for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
            for folder in folders {
                if let Some((before, _)) = line.split_once(folder)
                    && starts(before.chars().next_back())
                {
                    faults.push(format!("{}:{}: {folder}", file.path, at + 1));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn nothing_is_left_for_later_in_a_comment() {
    let marks = ["TODO", "FIXME", "XXX", "HACK"];
    let mut faults = Vec::new();
    for file in files_ending(&TEXT).into_iter().filter(|file| file.path != THIS_FILE) {
        for (line, word) in words_of(&file.text().unwrap_or_default()) {
            if marks.contains(&word) {
                faults.push(format!("{}:{line}: {word}: do it, or open an issue", file.path));
            }
        }
    }
    none(&faults);
}

const THIS_FILE: &str = "xtask/tests/tidy/words.rs";
