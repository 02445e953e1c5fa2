//! `armistice seal|open|disclose|erase`: bodies that only some may read.

mod disclose;
mod erase;
mod many;
mod open;
mod seal;

pub(crate) use disclose::Disclose;
pub(crate) use erase::Erase;
pub(crate) use open::Open;
pub(crate) use seal::Seal;

use crate::outcome::Outcome;

pub(crate) fn seal(arguments: &Seal) -> anyhow::Result<Outcome> {
    seal::run(arguments)
}

pub(crate) fn open(arguments: &Open) -> anyhow::Result<Outcome> {
    open::run(arguments)
}

pub(crate) fn disclose(arguments: &Disclose) -> anyhow::Result<Outcome> {
    disclose::run(arguments)
}

pub(crate) fn erase(arguments: &Erase) -> anyhow::Result<Outcome> {
    erase::run(arguments)
}
