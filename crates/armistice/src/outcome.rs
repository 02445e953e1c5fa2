//! How a command ends, as an exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked.
    Done,
    /// The input is not good enough: the pack is faulty, nothing could be admitted, or more was
    /// rejected than `--max-rejects` allows.
    Refused,
    /// The arguments make no sense together.
    WrongUsage,
    /// The world failed: disk, permission, memory.
    WorldFailed,
    /// Whoever read standard output has seen enough.
    Unheard,
}

impl Outcome {
    /// 0, 1, 2 and 3; unheard, what shells say of a program that a closed pipe ended, since what
    /// was not told must not look like an answer.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::WrongUsage => 2,
            Self::WorldFailed => 3,
            Self::Unheard => 141,
        })
    }
}

/// Arguments that are well formed and make no sense.
#[derive(Debug)]
pub(crate) struct WrongUsage(pub(crate) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// Input that is not good enough, already explained by this text.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// What a fault means for the exit code.
pub(crate) fn of(fault: &anyhow::Error) -> Outcome {
    if fault.is::<WrongUsage>() {
        Outcome::WrongUsage
    } else if fault.is::<Refused>() {
        Outcome::Refused
    } else {
        Outcome::WorldFailed
    }
}

/// Whether somebody closed the pipe that we print into. Connections break too, but such faults say
/// what was being done, and are the world's.
pub(crate) fn is_closed_pipe(fault: &anyhow::Error) -> bool {
    let plain = fault.downcast_ref::<io::Error>().map(io::Error::kind);
    let of_json = || fault.downcast_ref::<serde_json::Error>()?.io_error_kind();
    plain.or_else(of_json) == Some(io::ErrorKind::BrokenPipe)
}
