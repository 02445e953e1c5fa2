//! `armistice record rows`: the rows of track segments in Parquet, for whoever may open their bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use agreement::Digest;
use agreement::statement::body::{Replacement, TrackSegment};
use agreement::statement::said::Corrects;
use agreement::statement::{Body, Entry, Kind, Said};
use anyhow::Context as _;
use archive::container::CONTAINER_BYTES_MAX;
use archive::{Hour, Kept, Name, OnRecord, contain, heads, read};
use audit::{Bodies as _, Entries, Folder, OpenedBodies};
use clap::Args;
use ledger::clock::{Clock as _, SystemClock};
use ledger::disk::{self, Disk as _, RealDisk};
use serde_json::json;
use spacetime::Instant;
use tlog::VerifierKey;

use crate::audit::{bodies, log};
use crate::outcome::{Outcome, Refused};
use crate::views::{log_folder, log_key};

#[derive(Debug, Args)]
#[command(after_help = "\
Writes the rows of the record's track segments into a folder of Parquet files, for tools that read
tables: one file for each segment, and one for each hour of the log that is over. A file's name
carries the digest of its bytes, and its metadata what it takes to prove any row; the roots on the
record stay what they are. Lose the folder and it can be built again, to the byte, from the bodies.
Those of segments that were erased since are taken out. Rows are of whoever may open the bodies,
and so is this folder.

  armistice record rows south rows --log \"$LOG\" --bodies seen.jsonl
  armistice record fsck south --rows rows
  armistice record prove south 17 --rows rows --row 4 --row-out row.json \\
      --entry 17.json --out 17.tlog-proof")]
pub(crate) struct Rows {
    /// Folder of the record, or of a mirror.
    record: PathBuf,
    /// Folder of the containers; made if it is not there.
    rows: PathBuf,
    /// The log's public key.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    log: VerifierKey,
    /// Bodies that you may open: JSON lines with `body` and `salt`, as claims and `open` have them. May be
    /// given more than once; without it, what the folder holds is merged and checked for erasures.
    #[arg(long, value_name = "FILE")]
    bodies: Vec<PathBuf>,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Rows) -> anyhow::Result<Outcome> {
    let log = log(&Folder::new(log_folder(&arguments.record)), &arguments.log)?;
    if !log.flaws.is_empty() {
        let said = "the log is not what its checkpoint says: armistice audit tells where";
        return Err(Refused(said.to_owned()).into());
    }
    let segments = Segments::of(&log)?;
    let bodies = bodies(&arguments.bodies)?;
    make_private(&arguments.rows)?;
    let disk = RealDisk::new(&arguments.rows);
    let told = bring_up(&disk, &segments, &bodies, SystemClock.now())?;
    let mut out = std::io::stdout().lock();
    let Told { held, missing, written, removed, damaged } = told;
    if arguments.json {
        let told = json!({
            "damaged": damaged, "held": held, "not_held": missing, "written": written, "removed": removed,
        });
        writeln!(out, "{told}")?;
    } else {
        writeln!(
            out,
            "{held} segments held, {missing} not; {written} containers written, {removed} removed"
        )?;
        if damaged > 0 {
            let said = "damaged and left: give the bodies, remove them, and run this again";
            writeln!(out, "{damaged} containers are {said}")?;
        }
    }
    Ok(Outcome::Done)
}

/// A folder that only its owner can read.
fn make_private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let said = || format!("{} cannot be made", folder.display());
    std::fs::create_dir_all(folder).with_context(said)?;
    let owner_only = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder, owner_only).with_context(said)
}

/// The track segments of a record.
#[derive(Debug, Default)]
pub(super) struct Segments {
    by_leaf: BTreeMap<u64, (OnRecord, Instant)>,
    erased: BTreeSet<Digest>,
}

impl Segments {
    fn of(log: &dyn Entries) -> anyhow::Result<Self> {
        let mut segments = Self::default();
        log.try_each(|leaf, bytes| {
            let Some(bytes) = bytes else {
                return Err(Refused(format!("leaf {leaf} cannot be read")));
            };
            let entry = Entry::parse(bytes);
            let entry = entry.map_err(|why| Refused(format!("leaf {leaf}: {why}")))?;
            segments.take(leaf, &entry);
            Ok(())
        })?;
        Ok(segments)
    }

    /// Takes in the next entry of the log.
    pub(super) fn take(&mut self, leaf: u64, entry: &Entry) {
        let header = entry.statement.header();
        let root = |said: &Said| match said {
            Said::TrackSegment(root) => Some(*root),
            Said::Correction(Corrects { segment, .. }) => *segment,
            _ => None,
        };
        match (Said::of(header), header.body) {
            (Ok(Said::Erasure(said)), _) => {
                self.erased.insert(said.erased);
            }
            (Ok(said), Some(commitment)) => {
                let Some(root) = root(&said) else { return };
                let statement = entry.statement.digest();
                let said = OnRecord { statement, commitment, root, is_erased: false };
                self.by_leaf.insert(leaf, (said, entry.sequenced_at));
            }
            _ => {}
        }
    }

    pub(super) fn get(&self, leaf: u64) -> Option<OnRecord> {
        let (said, _) = self.by_leaf.get(&leaf)?;
        Some(OnRecord { is_erased: self.erased.contains(&said.statement), ..*said })
    }

    /// Leaves and hours of those that may be held.
    fn standing(&self) -> impl Iterator<Item = (u64, Hour, OnRecord)> {
        self.by_leaf
            .iter()
            .filter(|(_, (said, _))| !self.erased.contains(&said.statement))
            .map(|(&leaf, (said, at))| (leaf, Hour::of(*at), *said))
    }
}

/// What was done.
#[derive(Debug, Default)]
struct Told {
    held: u64,
    missing: u64,
    written: u64,
    removed: u64,
    damaged: u64,
}

/// Brings a folder to what the record says it may hold of what is at hand, an hour at a time.
fn bring_up(
    disk: &RealDisk,
    segments: &Segments,
    bodies: &OpenedBodies,
    now: Instant,
) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let there = containers(disk)?;
    let mut by_leaf: BTreeMap<u64, Vec<Name>> = BTreeMap::new();
    let mut there = there;
    let mut damaged = BTreeSet::new();
    for name in std::mem::take(&mut there) {
        // What cannot be read is left where it is, unless it is rebuilt under its own name.
        let Some(Ok(leaves)) = bytes_of(disk, &name)?.map(|bytes| heads(&bytes)) else {
            damaged.insert(name);
            continue;
        };
        for head in leaves {
            by_leaf.entry(head.leaf).or_default().push(name.clone());
        }
        there.insert(name);
    }
    let mut hours: BTreeMap<Hour, Vec<(u64, OnRecord)>> = BTreeMap::new();
    for (leaf, hour, said) in segments.standing() {
        hours.entry(hour).or_default().push((leaf, said));
    }
    let mut wanted: BTreeSet<Name> = BTreeSet::new();
    for (hour, leaves) in hours {
        let kept = gather(disk, &leaves, &by_leaf, bodies)?;
        told.held += kept.len() as u64;
        told.missing += (leaves.len() - kept.len()) as u64;
        let made = contain(hour, hour.is_over(now), kept)?;
        let (new, names): (Vec<_>, Vec<_>) = made
            .into_iter()
            .map(|made| {
                let is_new = !there.contains(&made.name);
                (is_new.then(|| (made.name.to_string(), made.bytes)), made.name)
            })
            .unzip();
        let new: Vec<(String, Vec<u8>)> = new.into_iter().flatten().collect();
        disk::write_whole_all(disk, &new, BTreeSet::new()).context("the folder of rows")?;
        told.written += new.len() as u64;
        names.iter().for_each(|name| {
            damaged.remove(name);
        });
        wanted.extend(names);
    }
    // Only when all that takes their place is durable.
    for name in there.difference(&wanted) {
        disk.remove(&name.to_string()).with_context(|| name.to_string())?;
        told.removed += 1;
    }
    disk.sync_folder("").context("the folder of rows")?;
    told.damaged = damaged.len() as u64;
    Ok(told)
}

/// The segments of an hour that are at hand: from the folder, or from bodies.
fn gather(
    disk: &RealDisk,
    leaves: &[(u64, OnRecord)],
    by_leaf: &BTreeMap<u64, Vec<Name>>,
    bodies: &OpenedBodies,
) -> anyhow::Result<Vec<Kept>> {
    let mut kept: BTreeMap<u64, Kept> = BTreeMap::new();
    let said: BTreeMap<u64, OnRecord> = leaves.iter().copied().collect();
    let names: BTreeSet<&Name> =
        leaves.iter().flat_map(|(leaf, _)| by_leaf.get(leaf).into_iter().flatten()).collect();
    for name in names {
        let Some(bytes) = bytes_of(disk, name)? else { continue };
        let (sound, _) = archive::check(name, &bytes, |leaf| said.get(&leaf).copied());
        let segments = read(&bytes)?.into_iter().filter(|one| sound.contains(&one.leaf));
        kept.extend(segments.map(|one| (one.leaf, one)));
    }
    for &(leaf, said) in leaves {
        if let std::collections::btree_map::Entry::Vacant(place) = kept.entry(leaf)
            && let Some((salt, body)) = bodies.body(&said.commitment)
        {
            let (corrects, segment) = segment(&body).ok_or_else(|| {
                Refused(format!("leaf {leaf}: the body given for it is no segment"))
            })?;
            place.insert(Kept { leaf, statement: said.statement, salt, corrects, segment });
        }
    }
    Ok(kept.into_values().collect())
}

/// A segment, and whether it corrects another.
fn segment(body: &[u8]) -> Option<(bool, TrackSegment)> {
    if let Ok(Body::TrackSegment(segment)) = Body::parse(&Kind::TrackSegment, body) {
        return Some((false, segment));
    }
    match Body::parse(&Kind::Correction, body) {
        Ok(Body::Correction(Replacement::Segment(segment))) => Some((true, *segment)),
        _ => None,
    }
}

/// The containers of a folder.
pub(super) fn containers(disk: &RealDisk) -> anyhow::Result<BTreeSet<Name>> {
    let listed = disk.list("").context("the folder of rows")?;
    Ok(listed.iter().filter_map(|entry| Name::parse(&entry.name)).collect())
}

/// The bytes of a container that meet its name.
pub(super) fn bytes_of(disk: &RealDisk, name: &Name) -> anyhow::Result<Option<Vec<u8>>> {
    let bytes = disk::read_at_most(disk, &name.to_string(), CONTAINER_BYTES_MAX);
    let bytes = bytes.with_context(|| name.to_string())?;
    Ok(name.is_of(&bytes).then_some(bytes))
}

/// One segment out of a folder of containers, by its leaf.
pub(super) fn find(folder: &Path, leaf: u64) -> anyhow::Result<Option<Kept>> {
    let disk = RealDisk::new(folder);
    for name in containers(&disk)? {
        let Some(bytes) = bytes_of(&disk, &name)? else { continue };
        let is_there = heads(&bytes)?.iter().any(|head| head.leaf == leaf);
        if is_there {
            return Ok(read(&bytes)?.into_iter().find(|kept| kept.leaf == leaf));
        }
    }
    Ok(None)
}
