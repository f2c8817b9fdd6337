//! Tests, one file for each behaviour.

mod access_log;
mod dispute;
mod draw;
mod epochs;
mod freshness;
mod hand_over;
mod histories;
mod origins;
mod pool;
mod reads;
mod report;
