//! The steps of a chore: named as they start, timed, and told over at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// What became of a step that did not fail.
pub(crate) enum Outcome {
    /// It ran.
    Done,
    /// It could not run here, and why. Said in the table: never passed over.
    Skipped(String),
}

/// A chore's steps so far. One that fails does not stop the next: whoever started a long
/// run wants every fault from it, not the first.
#[derive(Default)]
pub(crate) struct Steps {
    told: Vec<Told>,
}

struct Told {
    name: &'static str,
    took: Duration,
    word: String,
    failed: bool,
}

impl Steps {
    /// Runs a step and keeps how long it took and what became of it.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Outcome>) {
        println!("\n== {name}");
        let started = Instant::now();
        let result = work();
        let took = started.elapsed();
        let (word, failed) = match result {
            Ok(Outcome::Done) => ("ok".to_owned(), false),
            Ok(Outcome::Skipped(reason)) => (format!("skipped: {reason}"), false),
            Err(fault) => {
                println!("{name}: {fault:#}");
                (format!("FAILED: {}", first_line(&format!("{fault:#}"))), true)
            }
        };
        self.told.push(Told { name, took, word, failed });
    }

    /// Prints the table of minutes. The chore failed when one of its steps did.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n== Minutes each step took");
        for told in &self.told {
            println!("{:>7.2}  {:<28} {}", minutes(told.took), told.name, told.word);
        }
        let total: Duration = self.told.iter().map(|told| told.took).sum();
        println!("{:>7.2}  in all", minutes(total));
        ExitCode::from(u8::from(self.told.iter().any(|told| told.failed)))
    }
}

fn minutes(took: Duration) -> f64 {
    took.as_secs_f64() / 60.0
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
