//! What is done for each path.

pub mod deposits;
pub mod drain;
pub mod health;
mod lines;
pub mod log;
pub mod receipts;
pub mod records;
pub mod release;
pub mod repair;
pub mod sealing_keys;
pub mod vault;
