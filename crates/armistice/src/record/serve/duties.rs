//! What the keeper of a record has to do in every period, whoever asks for it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use agreement::DeviceId;
use agreement::statement::promise::PERIOD_S;
use clap::Args;
use ledger::Fault;
use ledger::clock::{Clock as _, SystemClock};

use crate::console::plain;
use crate::keeping::{KeepingArguments, device, explained};
use crate::outcome::WrongUsage;

/// How soon a record that somebody else has open is tried again.
const AGAIN: Duration = Duration::from_millis(250);

/// The keeper's keys: all of them, or none.
#[derive(Debug, Args)]
pub(super) struct Keys {
    /// The log's secret key: with it and the keys below, every private period is ended on time.
    #[arg(long, value_name = "FILE", requires_all = ["device", "device_key", "vault_key"])]
    log_key: Option<PathBuf>,
    /// The pack's device that speaks for the record.
    #[arg(long, value_name = "DEVICE", value_parser = device, requires = "log_key")]
    device: Option<DeviceId>,
    /// Its secret key.
    #[arg(long, value_name = "FILE", requires = "log_key")]
    device_key: Option<PathBuf>,
    /// The vault's age identity.
    #[arg(long, value_name = "FILE", requires = "log_key")]
    vault_key: Option<PathBuf>,
    /// Folder in which the vault's keys lie, where that is not the record's.
    #[arg(long, value_name = "DIR", requires = "log_key")]
    keys: Option<PathBuf>,
}

impl Keys {
    /// The duties of whoever has these keys; none for whoever has none.
    pub(super) fn duties(&self, record: &Path, pack: &Path) -> anyhow::Result<Option<Duties>> {
        let keys = (&self.log_key, &self.device, &self.device_key, &self.vault_key);
        let (Some(log_key), Some(device), Some(device_key), Some(vault_key)) = keys else {
            let none = matches!(keys, (None, None, None, None));
            let wanted = "--log-key, --device, --device-key and --vault-key go together";
            return if none { Ok(None) } else { Err(WrongUsage(wanted.to_owned()).into()) };
        };
        Ok(Some(Duties(KeepingArguments {
            record: record.to_owned(),
            pack: pack.to_owned(),
            log_key: log_key.clone(),
            device: device.clone(),
            device_key: device_key.clone(),
            vault_key: vault_key.clone(),
            keys: self.keys.clone(),
            split: None,
            witness: Vec::new(),
        })))
    }
}

/// Ends periods.
pub(super) struct Duties(KeepingArguments);

impl Duties {
    /// Ends what is over before anything is served: a key that does not fit shows at once.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        let (mut keeper, _) = self.0.open()?;
        let ended = keeper.end_periods();
        ended.map(drop).map_err(|fault| explained(fault, &self.0.record))
    }

    /// Ends each period as soon as it is over. What fails is said once, and tried again.
    pub(super) fn for_good(&self) {
        let mut said = String::new();
        loop {
            thread::sleep(until_next());
            let fault = loop {
                match self.0.try_open() {
                    Ok(Err(Fault::Locked)) => thread::sleep(AGAIN),
                    Ok(Ok((mut keeper, _))) => {
                        break keeper.end_periods().err().map(|fault| fault.to_string());
                    }
                    Ok(Err(fault)) => break Some(fault.to_string()),
                    Err(fault) => break Some(format!("{fault:#}")),
                }
            };
            let fault = fault.unwrap_or_default();
            if !fault.is_empty() && fault != said {
                let _ = writeln!(io::stderr(), "the period was not ended: {}", plain(&fault));
            }
            said = fault;
        }
    }
}

/// The time until the next period begins.
fn until_next() -> Duration {
    let period = PERIOD_S * 1_000_000;
    let left = period - SystemClock.now().micros().rem_euclid(period);
    Duration::from_micros(u64::try_from(left).unwrap_or_default())
}
