//! Packs as files: what is read, what is refused and in which words.

mod bundled_packs;
mod faults;
mod hostile;
mod small_pack;
mod versions;
