//! Seconds that something had a core, as Linux tells them.

use std::fs;

use anyhow::{Context, Result};

/// Of the thread that asks, in its own code and in the system's (`/proc/thread-self/schedstat`).
///
/// # Errors
/// Where the system tells no such thing.
pub fn of_this_thread() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: f64 = text.split_whitespace().next().context("schedstat is empty")?.parse()?;
    Ok(ns / 1e9)
}

/// Of the process that asks, all its threads, to the hundredth.
///
/// # Errors
/// As [`of_this_thread`].
pub fn of_this_process() -> Result<f64> {
    own_and_system(&fs::read_to_string("/proc/self/stat")?, 14)
}

/// Of the children that this process has waited for, to the hundredth.
///
/// # Errors
/// As [`of_this_thread`].
pub fn of_children() -> Result<f64> {
    own_and_system(&fs::read_to_string("/proc/self/stat")?, 16)
}

/// Of a process that runs, to the hundredth.
///
/// # Errors
/// As [`of_this_thread`], and when it has ended.
pub fn of(process: u32) -> Result<f64> {
    own_and_system(&fs::read_to_string(format!("/proc/{process}/stat"))?, 14)
}

/// A field of proc_pid_stat(5) and the next, in hundredths of a second, as seconds.
fn own_and_system(stat: &str, field: usize) -> Result<f64> {
    // The name, which is the second field, may hold anything.
    let (_, after_name) = stat.rsplit_once(") ").context("/proc/PID/stat is not as expected")?;
    let mut fields = after_name.split_whitespace().skip(field - 3);
    let mut ticks = || -> Result<f64> { Ok(fields.next().context("too few fields")?.parse()?) };
    Ok((ticks()? + ticks()?) / 100.0)
}
