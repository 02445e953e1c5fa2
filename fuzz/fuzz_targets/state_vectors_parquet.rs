#![no_main]

use libfuzzer_sys::fuzz_target;

// A panic of the Parquet crate is caught and becomes a rejection: only one that gets past the reader counts,
// and that ends the fuzzer without the hook too.
fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| {
    fuzz_drive::state_vectors_parquet(bytes);
});
