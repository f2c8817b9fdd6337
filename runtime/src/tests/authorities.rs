//! Seats from end to end: how a center joins and leaves, what a breach of consensus does, and how a
//! runtime is replaced. Real transactions in real blocks, with sessions of five blocks.

mod breach;
mod consortium;
mod joining;
mod keys;
mod upgrade;
