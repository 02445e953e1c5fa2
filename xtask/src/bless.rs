//! `cargo xtask bless`: writes what tests and pages compare with anew. Read the diff after.

use std::process::ExitCode;

use anyhow::ensure;

use crate::command::Program;
use crate::steps::Outcome::Done;
use crate::steps::Steps;
use crate::tools::{self, INSTA};
use crate::{demo, readme};

/// Accepts changed snapshots, runs the demonstration, and takes the README's picture and
/// transcript from it.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    steps.step("snapshots", || {
        INSTA.ready()?;
        Program::cargo()?
            .path_first(tools::folder()?.join("bin"))?
            .args(["insta", "test", "--accept", "--workspace", "--unreferenced", "delete"])
            .run()?;
        Ok(Done)
    });
    steps.step("demo", demo::as_a_step);
    steps.step("README", || {
        let armistice = demo::release_build()?;
        ensure!(armistice.is_file(), "{} was not built", armistice.display());
        readme::bless(&armistice)?;
        Ok(Done)
    });
    steps.finish()
}
