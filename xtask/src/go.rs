//! Go and its `golang.org/x/mod`, from Debian's packages: the transparency log that none of us wrote.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::Program;
use crate::places;
use crate::tools::on_path;

/// Where Debian puts Go packages, laid out as `GOPATH` wants them.
const GOPATH: &str = "/usr/share/gocode";
/// What has to be there for both of the packages that we use.
const TLOG: &str = "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog";
/// The packages.
const PACKAGES: [&str; 2] = ["golang-go", "golang-golang-x-mod-dev"];

/// Builds a Go program of ours, a folder under `xtask/oracles` or `benches`, and gives the binary.
///
/// # Errors
/// When Go is missing and cannot be installed here, or the program does not compile.
pub(crate) fn build(source: &str, name: &str) -> Result<PathBuf> {
    set_up()?;
    let binary = places::target()?.join("go").join(name);
    Program::new("go")?
        .args(["build", "-o"])
        .args([&binary])
        .args([format!("./{source}/main.go")])
        .env("GO111MODULE", "off")
        .env("GOPATH", GOPATH)
        .env("GOFLAGS", "")
        .env("GOCACHE", places::cache()?.join("go"))
        .run()?;
    Ok(binary)
}

/// Installs what is missing where that can be done without asking: as root, with apt.
fn set_up() -> Result<()> {
    let is_ready = || on_path("go").is_some() && Path::new(TLOG).is_dir();
    if is_ready() {
        return Ok(());
    }
    let by_hand = format!("install it by hand: apt-get install {}", PACKAGES.join(" "));
    let is_root = Program::new("id")?.args(["-u"]).read().is_ok_and(|id| id.trim() == "0");
    if on_path("apt-get").is_none() || !is_root {
        bail!("Go with golang.org/x/mod in {GOPATH} is missing; {by_hand}");
    }
    println!("Go with golang.org/x/mod is missing: installing Debian's packages");
    let apt = |words: &[&str]| -> Result<()> {
        Program::new("apt-get")?.args(words).env("DEBIAN_FRONTEND", "noninteractive").run()
    };
    apt(&["update", "-qq"])
        .and_then(|()| {
            apt(&[&["install", "-y", "-qq", "--no-install-recommends"][..], &PACKAGES].concat())
        })
        .with_context(|| format!("Go cannot be installed here; {by_hand}"))?;
    if !is_ready() {
        bail!("the packages are installed, but {TLOG} is not there: Go cannot be used here");
    }
    Ok(())
}
