//! What is done for each path.

pub mod deposits;
pub mod health;
pub mod log;
pub mod receipts;
pub mod records;
pub mod release;
pub mod repair;
pub mod sealing_keys;
pub mod vault;
