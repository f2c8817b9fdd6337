//! How the pallets are put together.

mod consensus;
pub(crate) mod governance;
mod seat;
mod system;
mod ward;

pub use consensus::MaxSeats;
pub use governance::{CouncilFollows, MaxHealthAuthorities};
pub use seat::SeatOf;
pub use ward::TakesRightsAway;
