//! Every fault in the words in which it is told: one spoilt spot of the small pack a test.

mod files;
mod ground;
mod heights;
mod people;
mod times;
mod what_is_not_told;
mod what_is_noted;
mod whole_files;
