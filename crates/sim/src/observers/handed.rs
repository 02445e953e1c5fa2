//! What is handed in, in the files that anybody hands in.

use spacetime::Position;

use super::events;
use super::telling::{Said, Telling};
use super::truth::Truth;
use super::watches::{self, Keeper};
use super::world::{Parts, World};

/// Everything that a world hands in, one JSON object a line, and the truth beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// Reports, in no order.
    pub reports: Vec<String>,
    /// Who watched when.
    pub duties: Vec<String>,
    /// What happened, for [`Truth::read`].
    pub truth: Vec<String>,
    /// Where posts and patrols stood: what nothing may tell.
    pub posts: Vec<Position>,
}

impl World {
    /// What is handed in.
    #[must_use]
    pub fn handed(&self) -> Handed {
        let mut parts = Parts::of(self.seed);
        let keepers = watches::keepers(self, &mut parts);
        let mut events = events::happen(self, &mut parts.events);
        let mut telling = Telling { world: self, chance: parts.telling, said: Vec::new() };
        for (n, event) in events.iter().enumerate() {
            telling.event(n, event, &keepers);
        }
        telling.strays(&keepers);
        telling.rumours(&mut events);
        telling.corrections();
        telling.copies();
        let mut said = telling.said;
        parts.order.shuffle(&mut said);
        Handed {
            truth: Truth::lines(self, &events, &said),
            reports: said.into_iter().map(|Said { line, .. }| written(line)).collect(),
            duties: self.duties(&keepers),
            posts: keepers.iter().map(|keeper| keeper.place).collect(),
        }
    }

    fn duties(&self, keepers: &[Keeper]) -> Vec<String> {
        let records = keepers.iter().flat_map(|keeper| keeper.records(self));
        records.map(|record| record.to_string()).collect()
    }
}

fn written(line: serde_json::Map<String, serde_json::Value>) -> String {
    serde_json::Value::Object(line).to_string()
}
