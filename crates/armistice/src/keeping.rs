//! What it takes to open a record for writing, as arguments that several verbs share.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use age::x25519::Identity;
use agreement::statement::{Roster, SecretKey};
use agreement::{DeviceId, Pack, Role};
use anyhow::Context as _;
use clap::Args;
use ledger::clock::SystemClock;
use ledger::disk::{Disk, RealDisk};
use ledger::vault::{Keeping, wrap};
use ledger::{Fault, Keeper, LogKey, NoteLogKey, Opening};
use tlog::{NoteSigner, VerifierKey};

use crate::keyfile;
use crate::outcome::{Refused, WrongUsage};
use crate::pack::{self, PackFolder};
use crate::witnesses;

/// How long another process that has the record open is waited for: `record serve` does for a moment in
/// every period.
const WAIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);
/// Entries of one step of the private lane: what an empty period shows.
const STEP: usize = 8;

/// A record that this machine keeps.
#[derive(Debug, Args)]
pub(crate) struct KeepingArguments {
    /// Folder of the record.
    pub(crate) record: PathBuf,
    /// Folder of the pack: its roster and recipients.
    #[arg(long)]
    pub(crate) pack: PathBuf,
    /// The log's secret key, as `record init` took it. (Its public key is --log elsewhere.)
    #[arg(long, value_name = "FILE")]
    pub(crate) log_key: PathBuf,
    /// The pack's device that speaks for the record.
    #[arg(long, value_name = "DEVICE", value_parser = device)]
    pub(crate) device: DeviceId,
    /// Its secret key.
    #[arg(long, value_name = "FILE")]
    pub(crate) device_key: PathBuf,
    /// The vault's age identity (AGE-SECRET-KEY-1..., as age-keygen writes it). Best on another disk.
    #[arg(long, value_name = "FILE")]
    pub(crate) vault_key: PathBuf,
    /// Folder in which the vault's keys lie, best on another disk; without it, that of the record. Always
    /// the same for one record.
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    /// Split the key of every new body, so that K guarantors who are recipients of the pack give it back
    /// together and the vault alone cannot.
    #[arg(long, value_name = "K")]
    pub(crate) split: Option<u8>,
    /// Where one of the pack's witnesses answers. It is asked first, and nothing is written where it has
    /// vouched for more than the record holds. May be given more than once.
    #[arg(long, value_name = "NAME=URL", value_parser = crate::witnesses::place)]
    pub(crate) witness: Vec<(String, String)>,
}

pub(crate) fn device(text: &str) -> Result<DeviceId, String> {
    DeviceId::new(text).ok_or_else(|| "lower-case letters, digits and hyphens".to_owned())
}

impl KeepingArguments {
    /// Opens the record for keeping; waits a while for whoever else has it open.
    pub(crate) fn open(&self) -> anyhow::Result<(Keeper, Pack)> {
        self.ask_witnesses()?;
        let until = Instant::now() + WAIT;
        loop {
            match self.try_open()? {
                Ok(opened) => return Ok(opened),
                Err(Fault::Locked) if Instant::now() < until => thread::sleep(LOOK),
                Err(fault) => return Err(explained(fault, &self.record)),
            }
        }
    }

    /// Opens the record for keeping, now. The inner result is the ledger's.
    pub(crate) fn try_open(&self) -> anyhow::Result<Result<(Keeper, Pack), Fault>> {
        let checked = PackFolder::read(&self.pack)?.check();
        let (pack, _) = checked.map_err(|faults| {
            let pack = self.pack.display();
            Refused(format!("{pack} has {} faults: armistice check {pack}", faults.len()))
        })?;
        keep_private(&self.record)?;
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&self.record));
        let keys: Arc<dyn Disk> = match &self.keys {
            Some(folder) => {
                fs::read_dir(folder).with_context(|| folder.display().to_string())?;
                keep_private(folder)?;
                Arc::new(RealDisk::new(folder))
            }
            None => disk.clone(),
        };
        let log_key: Arc<dyn LogKey> = Arc::new(self.note_key()?);
        let opening = Opening {
            keys,
            disk,
            log_key,
            agreement: pack.version.0,
            roster: Roster::of(&pack).map_err(|why| Refused(why.to_string()))?,
            device: self.device.clone(),
            device_key: SecretKey::from_seed(&keyfile::read(&self.device_key)?),
            identity: identity(&self.vault_key)?,
            keeping: self.keeping(&pack)?,
            step: STEP,
            clock: Arc::new(SystemClock),
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        Ok(Keeper::open(opening).map(|keeper| (keeper, pack)))
    }

    /// What those who vouched for the record know, before it is opened for writing.
    fn ask_witnesses(&self) -> anyhow::Result<()> {
        if self.witness.is_empty() {
            return Ok(());
        }
        let witnesses = witnesses::of_pack(&pack::sound(&self.pack)?, &self.witness)?;
        witnesses::refuse_older(&RealDisk::new(&self.record), &self.record, &witnesses)
    }

    fn note_key(&self) -> anyhow::Result<NoteLogKey> {
        let path = self.record.join("log.vkey");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let public = VerifierKey::parse(text.trim())
            .map_err(|fault| Refused(format!("{}: {fault}", path.display())))?;
        let signer = NoteSigner::new(public.name(), &keyfile::read(&self.log_key)?)
            .map_err(|fault| Refused(fault.to_string()))?;
        Ok(NoteLogKey::new(signer))
    }

    fn keeping(&self, pack: &Pack) -> anyhow::Result<Keeping> {
        let Some(threshold) = self.split else { return Ok(Keeping::Vault) };
        let is_guarantor =
            |party| pack.parties.get(party).is_some_and(|party| party.role == Role::Guarantor);
        let holders = pack.recipients.values().filter(|one| is_guarantor(&one.party));
        let holders: Vec<_> = holders
            .map(|one| wrap::recipient(&one.age).map_err(|why| Refused(why.to_string())))
            .collect::<Result<_, _>>()?;
        if usize::from(threshold) > holders.len() || threshold == 0 {
            let count = holders.len();
            let text = format!("--split {threshold}: the pack has {count} guarantors' recipients");
            return Err(WrongUsage(text).into());
        }
        Ok(Keeping::Split { threshold, holders })
    }
}

/// What is the keeper's alone, also where an earlier version let others read it.
fn keep_private(record: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for folder in ["state", "vault"].map(|name| record.join(name)) {
        if folder.is_dir() {
            let owner_only = fs::Permissions::from_mode(0o700);
            fs::set_permissions(&folder, owner_only)
                .with_context(|| folder.display().to_string())?;
        }
    }
    Ok(())
}

/// An age identity: the line of a file that is one.
pub(crate) fn identity(path: &Path) -> anyhow::Result<Identity> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let line = text.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    let identity = line.and_then(|line| line.parse().ok());
    identity.ok_or_else(|| {
        let path = path.display();
        Refused(format!("{path} holds no age identity (AGE-SECRET-KEY-1...)")).into()
    })
}

/// A refusal by the ledger, arguments that do not belong to this record, or a world that failed.
pub(crate) fn explained(fault: Fault, record: &Path) -> anyhow::Error {
    use ledger::vault::VaultFault;
    let place = record.display();
    match fault {
        Fault::Disk { .. } | Fault::Locked | Fault::ClockWentBack { .. } => {
            anyhow::Error::new(fault).context(place.to_string())
        }
        Fault::Exists
        | Fault::Missing { .. }
        | Fault::OtherAgreement { .. }
        | Fault::NoEntry { .. } => WrongUsage(format!("{place}: {fault}")).into(),
        Fault::Vault(fault) => match *fault {
            VaultFault::Refused(why) => refused(&why).into(),
            fault @ (VaultFault::Damaged { .. } | VaultFault::Record(_)) => {
                Refused(format!("{place}: {fault}")).into()
            }
            fault => anyhow::Error::new(fault).context(place.to_string()),
        },
        fault => Refused(format!("{place}: {fault}")).into(),
    }
}

/// A refusal by the vault, with what to do about it.
pub(crate) fn refused(why: &ledger::vault::Refusal) -> Refused {
    Refused(format!("{why} [{}]\n  repair: {}", why.code(), why.repair()))
}
