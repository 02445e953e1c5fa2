//! Running other programs: each shown before it runs, none through a shell.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::places;

/// A program to run in the repository's top folder, with no standard input.
pub(crate) struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// A program by name or path.
    ///
    /// # Errors
    /// When the repository cannot be found.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Result<Self> {
        let mut command = Command::new(&program);
        command.current_dir(places::repository()?).stdin(Stdio::null());
        Ok(Self { shown: shown_name(program.as_ref()), command })
    }

    /// Cargo, the one that started this chore.
    ///
    /// # Errors
    /// When the repository cannot be found.
    pub(crate) fn cargo() -> Result<Self> {
        let mut cargo = Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))?;
        cargo.shown = "cargo".to_owned();
        Ok(cargo)
    }

    /// More arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// A variable in the program's environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a folder before all others in which programs are looked for.
    pub(crate) fn path_first(mut self, folder: PathBuf) -> Result<Self> {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&rest)))?;
        self.command.env("PATH", path);
        Ok(self)
    }

    /// Runs it, its output going where ours goes.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0.
    pub(crate) fn run(mut self) -> Result<()> {
        self.announce();
        let status =
            self.command.status().with_context(|| format!("cannot start {}", self.shown))?;
        if !status.success() {
            bail!("{} ended with {status}", self.shown);
        }
        Ok(())
    }

    /// Runs it with its standard output passed on and kept; the first value is the exit code.
    ///
    /// # Errors
    /// When it cannot be started, its output cannot be read, or a signal ends it.
    pub(crate) fn run_keeping_output(mut self) -> Result<(i32, String)> {
        self.announce();
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.shown))?;
        let lines = BufReader::new(child.stdout.take().context("standard output was not piped")?);
        let mut kept = String::new();
        for line in lines.split(b'\n') {
            let bytes = line?;
            let line = String::from_utf8_lossy(&bytes);
            println!("{line}");
            kept.push_str(&line);
            kept.push('\n');
        }
        let status = child.wait()?;
        let code = status.code().with_context(|| format!("{} ended with {status}", self.shown))?;
        Ok((code, kept))
    }

    /// Runs it silently and returns what it wrote to standard output.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0; what it wrote to standard error is
    /// part of the message.
    pub(crate) fn read(mut self) -> Result<String> {
        let output =
            self.command.output().with_context(|| format!("cannot start {}", self.shown))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{} ended with {}\n{}", self.shown, output.status, said.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it can be started and exits with 0. Says nothing.
    pub(crate) fn works(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Runs it, passes each line of its standard error on, and keeps the last that `wanted`
    /// likes. The second value is whether it exited with 0.
    ///
    /// # Errors
    /// When it cannot be started or its output cannot be read.
    pub(crate) fn run_keeping_line(
        mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(Option<String>, bool)> {
        self.announce();
        let mut child = self
            .command
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.shown))?;
        let lines = BufReader::new(child.stderr.take().context("standard error was not piped")?);
        let mut kept = None;
        for line in lines.split(b'\n') {
            let bytes = line?;
            let line = String::from_utf8_lossy(&bytes);
            println!("{line}");
            if wanted(&line) {
                kept = Some(line.into_owned());
            }
        }
        Ok((kept, child.wait()?.success()))
    }

    fn announce(&self) {
        println!("$ {}", self.shown);
    }
}

/// Whether a person is watching, so that colours are welcome.
pub(crate) fn watched() -> bool {
    std::io::stdout().is_terminal()
}

/// The last part of a path, so that what is shown does not depend on the machine.
fn shown_name(program: &OsStr) -> String {
    let path = std::path::Path::new(program);
    path.file_name().unwrap_or(program).to_string_lossy().into_owned()
}
