//! The vault through its real router, with real signatures and real files; the chain is a table.

mod audit;
mod authentication;
mod chain;
mod deposits;
mod faults;
mod house;
mod log;
mod operator;
mod promotion;
mod reading;
mod sealing_keys;
mod trouble;
