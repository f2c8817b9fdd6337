//! One file per behaviour; every test ends with a check of the whole state.

mod enrolment;
mod genesis;
mod histories;
mod invariants;
mod keys;
mod origins;
mod reads;
mod relations;
mod standing;
mod vaults;
