//! How the pallets are put together.

mod consensus;
pub(crate) mod governance;
mod no_token;
mod seat;
mod system;
mod ward;

pub use no_token::NoToken;
pub use seat::{SeatId, SeatKeys, SeatOf};
pub use ward::TakesRightsAway;
