//! Worlds of observers in which the truth is known, each unlike the next.
//!
//! A [`World`] has posts along a line, about towns or scattered, watches that are kept, dropped or
//! denied, patrols, cameras and microphones, its own air and wind, and people with habits: some say the
//! minute and some the quarter of an hour, some point and some do not, some put their report right
//! later, and a rumour that one person began is told by many. [`World::of`] draws all of that from a
//! seed. What is handed in is text in the format that anybody hands in (docs/report-format.md), and beside
//! it stands what happened. [`Score`] holds incidents, as they are written, against that.
//!
//! Nothing here knows how reports are fused: distances are geodesics, and who hears what is drawn event
//! by event and post by post.

mod chance;
mod events;
mod handed;
mod hearsay;
mod score;
mod telling;
mod truth;
mod watches;
mod world;

pub use events::{Event, Happening};
pub use handed::Handed;
pub use score::Score;
pub use truth::Truth;
pub use world::{Air, Habits, Layout, Misstated, Reach, Roster, World};
