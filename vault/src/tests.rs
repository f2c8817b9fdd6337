//! The vault through its real router, with real signatures and real files; the chain is a table.

mod audit;
mod authentication;
mod chain;
mod copying;
mod deposits;
mod drain;
mod faults;
mod hand_over;
mod house;
mod log;
mod neighbours;
mod operator;
mod promotion;
mod reading;
mod receipts;
mod repair;
mod scrubbing;
mod sealing_keys;
mod trouble;
