//! # Ward fuzz
//!
//! What the fuzz targets in `tests` share. A target takes bytes that somebody else chose and hands them
//! to one decoder: nothing may panic, no more memory may be taken than the target states, and what is
//! accepted must come out again as it went in. See "Fuzzing" in `docs/testing.md`.

mod foreign;
mod memory;

pub use foreign::{as_text, foreign};
pub use memory::within;
