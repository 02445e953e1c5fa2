//! A disk in memory that loses power: what was not synced may be lost or kept, each by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use ledger::disk::{Disk, File, Listed, Lock, Mode, folder_of};

/// What survives of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    All,
    Nothing,
    /// Some, by a seed; a write may be torn.
    Some(u64),
}

/// When power is lost: at the operation of this number, which is carried out before or is not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) at: u64,
    pub(crate) persisted: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PowerDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    folders: BTreeSet<String>,
    operations: u64,
    failure: Option<Failure>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Size(usize),
}

impl PowerDisk {
    pub(crate) fn fail(&self, failure: Failure) {
        let mut state = self.state();
        state.operations = 0;
        state.failure = Some(failure);
    }

    /// Whether the failure has happened.
    pub(crate) fn is_down(&self) -> bool {
        let state = self.state();
        state.failure.is_some_and(|failure| state.operations > failure.at)
    }

    /// The disk as it is found after power comes back.
    pub(crate) fn after_loss(&self, keep: Keep) -> Self {
        let state = self.state();
        let mut dice = match keep {
            Keep::Some(seed) => seed.wrapping_mul(2) + 1,
            _ => 0,
        };
        let mut roll = move || {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            dice >> 33
        };
        let files = state.files.iter().map(|file| {
            let mut bytes = file.durable.clone();
            for change in &file.pending {
                match (keep, change) {
                    (Keep::Nothing, _) => {}
                    (Keep::All, change) => change.apply(&mut bytes),
                    (Keep::Some(_), Change::Size(_)) if roll() % 2 == 0 => {}
                    (Keep::Some(_), Change::Size(_)) => change.apply(&mut bytes),
                    (Keep::Some(_), Change::Write(at, written)) => match roll() % 3 {
                        0 => {}
                        1 => change.apply(&mut bytes),
                        _ => {
                            let cut = roll() as usize % (written.len() + 1);
                            Change::Write(*at, written[..cut].to_vec()).apply(&mut bytes);
                        }
                    },
                }
            }
            Content { live: bytes.clone(), durable: bytes, pending: Vec::new() }
        });
        let files = files.collect();
        let mut names = state.durable_names.clone();
        for (name, file) in &state.names {
            let kept = match keep {
                Keep::All => true,
                Keep::Nothing => false,
                Keep::Some(_) => roll() % 2 == 0,
            };
            if kept {
                names.insert(name.clone(), *file);
            }
        }
        Self(Arc::new(Mutex::new(State {
            files,
            durable_names: names.clone(),
            names,
            folders: state.folders.clone(),
            operations: 0,
            failure: None,
        })))
    }

    /// Every file, by name.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.state();
        let named =
            |(name, &file): (&String, &usize)| (name.clone(), state.files[file].live.clone());
        state.names.iter().map(named).collect()
    }

    /// Changes a file under the feet of whoever uses it.
    pub(crate) fn tamper(&self, name: &str, with: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.names[name];
        let content = &mut state.files[file];
        with(&mut content.live);
        content.durable = content.live.clone();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// One operation that changes something.
    fn act<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        let now = state.operations;
        state.operations += 1;
        match state.failure {
            Some(failure) if now > failure.at => Err(ErrorKind::BrokenPipe.into()),
            Some(failure) if now == failure.at => {
                if failure.persisted {
                    let _ = act(&mut state);
                }
                Err(ErrorKind::BrokenPipe.into())
            }
            _ => act(&mut state),
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Size(size) => bytes.resize(*size, 0),
            Self::Write(at, written) => {
                let end = at + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*at..end].copy_from_slice(written);
            }
        }
    }
}

#[derive(Debug)]
struct PowerFile {
    disk: PowerDisk,
    file: usize,
}

#[derive(Debug)]
struct PowerLock;

impl Lock for PowerLock {}

impl Disk for PowerDisk {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let open = |state: &mut State| {
            let known = state.names.get(path).copied();
            let file = match (mode, known) {
                (Mode::Read | Mode::Update, None) => return Err(ErrorKind::NotFound.into()),
                (Mode::Create, Some(_)) => return Err(ErrorKind::AlreadyExists.into()),
                (Mode::Read | Mode::Update, Some(file)) => file,
                (Mode::Create | Mode::Replace, None) => {
                    state.files.push(Content::default());
                    state.names.insert(path.to_owned(), state.files.len() - 1);
                    state.files.len() - 1
                }
                (Mode::Replace, Some(file)) => {
                    state.files[file].pending.push(Change::Size(0));
                    state.files[file].live.clear();
                    file
                }
            };
            Ok(file)
        };
        let file = match mode {
            Mode::Read | Mode::Update => open(&mut self.state())?,
            Mode::Create | Mode::Replace => self.act(open)?,
        };
        Ok(Box::new(PowerFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.act(|state| {
            let file = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), file);
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.act(|state| state.names.remove(path).map(|_| ()).ok_or(ErrorKind::NotFound.into()))
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.act(|state| {
            state.folders.insert(path.to_owned());
            Ok(())
        })
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.act(|state| {
            state.folders.remove(path);
            Ok(())
        })
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        let state = self.state();
        let inside = state.names.keys().filter(|name| folder_of(name) == folder);
        let name = |path: &String| path.rsplit('/').next().unwrap().to_owned();
        Ok(inside.map(|path| Listed { name: name(path), is_folder: false }).collect())
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.act(|state| {
            state.durable_names.retain(|name, _| folder_of(name) != folder);
            let live = state.names.iter().filter(|(name, _)| folder_of(name) == folder);
            let live: Vec<_> = live.map(|(name, file)| (name.clone(), *file)).collect();
            state.durable_names.extend(live);
            Ok(())
        })
    }

    fn lock(&self, _: &str) -> io::Result<Box<dyn Lock>> {
        Ok(Box::new(PowerLock))
    }
}

impl File for PowerFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.file].live.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        let live = &state.files[self.file].live;
        let from = (offset as usize).min(live.len());
        let len = buffer.len().min(live.len() - from);
        buffer[..len].copy_from_slice(&live[from..from + len]);
        Ok(len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(Change::Write(offset as usize, bytes.to_vec()))
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.change(Change::Size(bytes as usize))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.act(|state| {
            let Content { durable, pending, .. } = &mut state.files[self.file];
            pending.drain(..).for_each(|change| change.apply(durable));
            Ok(())
        })
    }
}

impl PowerFile {
    fn change(&self, change: Change) -> io::Result<()> {
        self.disk.act(|state| {
            let file = &mut state.files[self.file];
            change.apply(&mut file.live);
            file.pending.push(change);
            Ok(())
        })
    }
}
