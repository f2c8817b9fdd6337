mod anchor;
mod authorship;
mod batch;
mod deposits;
mod histories;
mod origins;
mod reading;
mod supersede;
