//! `cargo xtask bless`: writes what tests and pages compare with anew. Read the diff after.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::Program;
use crate::steps::Outcome::Done;
use crate::steps::Steps;
use crate::tools::{self, INSTA};
use crate::{demo, readme};

/// What can be written anew.
const PARTS: [&str; 3] = ["snapshots", "form", "readme"];
/// The form as it is shipped.
const FORM: &str = "forms/armistice-report.xlsx";

/// Accepts changed snapshots; writes the form that is shipped; runs the demonstration and takes the README's picture and
/// transcript from it. Only the parts named, or all.
///
/// # Errors
/// When one of the names is none of a part.
pub(crate) fn run(names: &[&str]) -> Result<ExitCode> {
    if let Some(unknown) = names.iter().find(|name| !PARTS.contains(name)) {
        bail!("nothing to bless is called {unknown}; there are {}", PARTS.join(", "));
    }
    let wanted = |part: &str| names.is_empty() || names.contains(&part);
    let mut steps = Steps::default();
    if wanted("snapshots") {
        steps.step("snapshots", || {
            INSTA.ready()?;
            Program::cargo()?
                .path_first(tools::folder()?.join("bin"))?
                .args(["insta", "test", "--accept", "--workspace", "--unreferenced", "delete"])
                .run()?;
            Ok(Done)
        });
    }
    if wanted("form") {
        steps.step("form", || {
            let run = ["run", "--quiet", "--package", "armistice", "--", "form", "--out", FORM];
            Program::cargo()?.args(run).run()?;
            Ok(Done)
        });
    }
    if wanted("readme") {
        steps.step("demo", demo::as_a_step);
        steps.step("README", || {
            readme::bless(&demo::release_build()?)?;
            Ok(Done)
        });
    }
    Ok(steps.finish())
}
