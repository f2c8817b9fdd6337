//! What the pallet does, by behaviour.

mod breach;
mod hosting;
mod liveness;
mod origins;
mod seats;
mod sessions;
