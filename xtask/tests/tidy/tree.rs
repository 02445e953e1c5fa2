//! The files of the repository, as the tidy tests read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no file of ours: build output, tools' output, git's own.
const SKIPPED_FOLDERS: [&str; 8] =
    ["target", "out", "artifacts", "corpus-local", "node_modules", "peer-data", ".git", ".venv"];

/// One file: its path from the repository's top, with `/` between folders.
pub(crate) struct File {
    pub(crate) path: String,
    location: PathBuf,
}

impl File {
    /// The file's text; `None` when it is not UTF-8, as frames and archives are not.
    pub(crate) fn text(&self) -> Option<String> {
        String::from_utf8(fs::read(&self.location).unwrap()).ok()
    }
}

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file under a folder of the repository, sorted by path; none when it does not exist.
pub(crate) fn files_under(folder: &str) -> Vec<File> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every file with one of these extensions.
pub(crate) fn files_ending(extensions: &[&str]) -> Vec<File> {
    let ends = |file: &File| {
        file.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    };
    files_under("").into_iter().filter(ends).collect()
}

/// The text of one file that must exist.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// The names of the folders in a folder, sorted; none when it does not exist.
pub(crate) fn folders_in(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn collect(folder: &Path, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let location = entry.unwrap().path();
        let name = location.file_name().unwrap().to_str().unwrap();
        if location.is_dir() {
            if !SKIPPED_FOLDERS.contains(&name) {
                collect(&location, found);
            }
        } else if location.is_file() && name != ".git" {
            let path = location.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.push(File { path, location });
        }
    }
}

/// Fails with every fault at once.
#[track_caller]
pub(crate) fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
