//! The ledger's port to the disk.

use std::io::{self, ErrorKind};

use ledger::disk::{Disk, File, Listed, Lock, Mode, folder_of, is_inside};

use super::node::{FileNode, FolderChange, FolderNode, Node};
use super::{Call, Done, Inner, Machine};

/// The disk as one process sees it. Once the machine has started anew, all of its calls fail.
#[derive(Clone, Debug)]
pub struct SimDisk {
    machine: Machine,
    process: u64,
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    node: usize,
}

#[derive(Debug)]
struct SimLock {
    disk: SimDisk,
    path: String,
}

impl Lock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut inner = self.disk.machine.lock();
        if inner.process == self.disk.process {
            inner.locks.remove(&self.path);
        }
    }
}

impl SimDisk {
    pub(super) const fn new(machine: Machine, process: u64) -> Self {
        Self { machine, process }
    }

    /// Does a call as far as the plan lets it; `act` is told how much of it to do.
    fn call<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Inner, Done) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut inner = self.machine.lock();
        let (done, outcome) = inner.begin(self.process, call)?;
        // A call that cannot be done in part is not done.
        let acted = act(&mut inner, done);
        outcome.and(acted)
    }

    /// The same for a call that is done or not.
    fn call_whole<T: Default>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Inner) -> io::Result<T>,
    ) -> io::Result<T> {
        self.call(call, |inner, done| if done == Done::All { act(inner) } else { Ok(T::default()) })
    }

    fn read<T>(&self, act: impl FnOnce(&mut Inner) -> io::Result<T>) -> io::Result<T> {
        let mut inner = self.machine.lock();
        let (_, outcome) = inner.begin(self.process, Call::Read)?;
        outcome?;
        act(&mut inner)
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        check(path)?;
        let found = self.read(|inner| {
            let node = inner.find(path);
            Ok((node, inner.find(folder_of(path))?))
        });
        let (node, folder) = found?;
        let node = match (node, mode) {
            (Ok(_), Mode::Create) => return Err(ErrorKind::AlreadyExists.into()),
            (Ok(node), Mode::Replace) => {
                self.call(Call::SetSize, |inner, done| {
                    if done == Done::All {
                        file_mut(inner, node)?.set_size(0);
                    }
                    Ok(())
                })?;
                node
            }
            (Ok(node), _) => node,
            (Err(_), Mode::Create | Mode::Replace) => self.call_whole(Call::Create, |inner| {
                inner.nodes.push(Node::file());
                let node = inner.nodes.len() - 1;
                inner.change(folder, FolderChange::Add { name: name_of(path), node })?;
                Ok(node)
            })?,
            (Err(fault), _) => return Err(fault),
        };
        Ok(Box::new(SimFile { disk: self.clone(), node }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check(from)?;
        check(to)?;
        assert_eq!(folder_of(from), folder_of(to), "a rename across folders is not modelled");
        self.call_whole(Call::Rename, |inner| {
            let node = inner.find(from)?;
            let folder = inner.find(folder_of(from))?;
            let (from, name) = (name_of(from), name_of(to));
            inner.change(folder, FolderChange::Rename { from, to: name, node })?;
            if inner.watched == to {
                let bytes = file_mut(inner, node)?.shown.clone();
                inner.seen.push(bytes);
            }
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        check(path)?;
        self.call_whole(Call::Remove, |inner| {
            let node = inner.find(path)?;
            file_mut(inner, node)?;
            let folder = inner.find(folder_of(path))?;
            inner.change(folder, FolderChange::Remove { name: name_of(path) })
        })
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        check(path)?;
        if self.read(|inner| Ok(inner.find(path).is_ok()))? {
            return Ok(());
        }
        self.call_whole(Call::CreateFolder, |inner| {
            let folder = inner.find(folder_of(path))?;
            inner.nodes.push(Node::folder());
            let node = inner.nodes.len() - 1;
            inner.change(folder, FolderChange::Add { name: name_of(path), node })
        })
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        check(path)?;
        self.call_whole(Call::RemoveFolder, |inner| {
            let node = inner.find(path)?;
            if !folder_mut(inner, node)?.shown.is_empty() {
                return Err(ErrorKind::DirectoryNotEmpty.into());
            }
            let folder = inner.find(folder_of(path))?;
            inner.change(folder, FolderChange::Remove { name: name_of(path) })
        })
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        self.read(|inner| {
            let node = inner.find(folder)?;
            let names: Vec<_> = folder_mut(inner, node)?.shown.clone().into_iter().collect();
            let listed = names.into_iter().map(|(name, node)| {
                let is_folder = matches!(inner.nodes[node], Node::Folder(_));
                Listed { name, is_folder }
            });
            Ok(listed.collect())
        })
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.call(Call::SyncFolder, |inner, done| {
            let node = inner.find(folder)?;
            let mut seeded = inner.seeded.split();
            folder_mut(inner, node)?.sync(done, &mut seeded);
            Ok(())
        })
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        self.open(path, Mode::Replace)?;
        let taken = self.read(|inner| Ok(inner.locks.insert(path.to_owned())))?;
        if !taken {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { disk: self.clone(), path: path.to_owned() }))
    }
}

impl File for SimFile {
    fn size(&self) -> io::Result<u64> {
        self.disk.read(|inner| Ok(file_mut(inner, self.node)?.shown.len() as u64))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.read(|inner| {
            let shown = &file_mut(inner, self.node)?.shown;
            let from = shown.get(offset as usize..).unwrap_or_default();
            let read = from.len().min(buffer.len());
            buffer[..read].copy_from_slice(&from[..read]);
            Ok(read)
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.call(Call::Write, |inner, done| {
            let free = inner.bytes_free() as usize;
            let part = match done {
                Done::Nothing => 0,
                Done::Part => inner.seeded.below(bytes.len() as u64 + 1) as usize,
                Done::All => bytes.len(),
            };
            let file = file_mut(inner, self.node)?;
            let fits =
                file.shown.len().saturating_add(free).saturating_sub(offset as usize).min(part);
            if fits > 0 {
                file.write(offset as usize, &bytes[..fits]);
            }
            if fits < part {
                inner.wrong += 1;
                return Err(ErrorKind::StorageFull.into());
            }
            Ok(())
        })
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.disk.call_whole(Call::SetSize, |inner| {
            file_mut(inner, self.node)?.set_size(bytes as usize);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call(Call::Sync, |inner, done| {
            let has_stopped = inner.has_stopped;
            let mut seeded = inner.seeded.split();
            file_mut(inner, self.node)?.sync(done, has_stopped, &mut seeded);
            Ok(())
        })
    }
}

fn check(path: &str) -> io::Result<()> {
    if is_inside(path) { Ok(()) } else { Err(ErrorKind::InvalidInput.into()) }
}

fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn file_mut(inner: &mut Inner, node: usize) -> io::Result<&mut FileNode> {
    match &mut inner.nodes[node] {
        Node::File(file) => Ok(file),
        Node::Folder(_) => Err(ErrorKind::IsADirectory.into()),
    }
}

fn folder_mut(inner: &mut Inner, node: usize) -> io::Result<&mut FolderNode> {
    match &mut inner.nodes[node] {
        Node::Folder(folder) => Ok(folder),
        Node::File(_) => Err(ErrorKind::NotADirectory.into()),
    }
}
