use clap::Parser;
use codec::{Decode, Encode};
use pallet_ward_receipts::worker::{
	Address, Cause, Counters, Settings, COUNTERS_KEY, SETTINGS_KEY,
};
use sp_core::offchain::{storage::InMemOffchainStorage, OffchainStorage, STORAGE_PREFIX};
use substrate_prometheus_endpoint::{
	prometheus::{Encoder, TextEncoder},
	Registry,
};

use super::*;
use crate::cli::Cli;

fn settings(args: &[&str]) -> Settings {
	let mut storage = InMemOffchainStorage::default();
	let args = [&["ward-node"], args].concat();
	write_settings(&Cli::parse_from(args).receipts, &mut storage);
	let stored = storage.get(STORAGE_PREFIX, SETTINGS_KEY).expect("written");
	Settings::decode(&mut &*stored).expect("the worker's form")
}

#[test]
fn without_flags_receipts_are_fetched_from_the_public_internet_only() {
	assert_eq!(settings(&[]), Settings { enabled: true, loopback: false, allowed: Vec::new() });
}

#[test]
fn flags_reach_the_worker() {
	assert!(!settings(&["--no-receipts"]).enabled);
	assert!(settings(&["--receipts-allow-loopback"]).loopback);
	let two = ["--receipts-allow-address", "10.1.2.3", "--receipts-allow-address", "fd00::1"];
	let mut v6 = [0; 16];
	(v6[0], v6[15]) = (0xfd, 1);
	assert_eq!(settings(&two).allowed, [Address::V4([10, 1, 2, 3]), Address::V6(v6)]);
	assert!(Cli::try_parse_from(["ward-node", "--receipts-allow-address", "vault"]).is_err());
}

#[test]
fn what_an_earlier_start_allowed_does_not_count_any_more() {
	let mut storage = InMemOffchainStorage::default();
	let all = Cli::parse_from(["ward-node", "--no-receipts", "--receipts-allow-loopback"]);
	write_settings(&all.receipts, &mut storage);
	write_settings(&Cli::parse_from(["ward-node"]).receipts, &mut storage);
	let stored = storage.get(STORAGE_PREFIX, SETTINGS_KEY).expect("written");
	assert_eq!(Settings::decode(&mut &*stored).ok(), Some(Settings::default()));
}

fn exported(counters: Option<Counters>) -> String {
	let mut storage = InMemOffchainStorage::default();
	if let Some(counters) = counters {
		storage.set(STORAGE_PREFIX, COUNTERS_KEY, &counters.encode());
	}
	let registry = Registry::new();
	register(&registry, storage).expect("registered once");
	let mut text = Vec::new();
	TextEncoder::new().encode(&registry.gather(), &mut text).expect("metrics");
	String::from_utf8(text).expect("text")
}

#[test]
fn the_metrics_show_what_the_worker_counted() {
	let mut counters = Counters {
		fetches: 7,
		reports: 3,
		disputes: 1,
		rounds: 9,
		lapsed: 2,
		..Counters::default()
	};
	counters.failed(Cause::Deadline);
	counters.failed(Cause::Deadline);
	counters.answered(80);
	counters.answered(7_000);
	let text = exported(Some(counters));
	for line in [
		"ward_receipts_fetches_total 7",
		"ward_receipts_failures_total{cause=\"deadline\"} 2",
		"ward_receipts_failures_total{cause=\"wrong-signature\"} 0",
		"ward_receipts_answer_seconds_bucket{le=\"0.05\"} 0",
		"ward_receipts_answer_seconds_bucket{le=\"0.1\"} 1",
		"ward_receipts_answer_seconds_bucket{le=\"5\"} 1",
		"ward_receipts_answer_seconds_bucket{le=\"+Inf\"} 2",
		"ward_receipts_answer_seconds_sum 7.08",
		"ward_receipts_answer_seconds_count 2",
		"ward_receipts_reports_total 3",
		"ward_receipts_disputes_total 1",
		"ward_receipts_rounds_total 9",
		"ward_receipts_lapsed_cohorts 2",
	] {
		assert!(text.lines().any(|found| found == line), "no `{line}` in:\n{text}");
	}
	let causes = text.lines().filter(|line| line.starts_with("ward_receipts_failures_total{"));
	assert_eq!(causes.count(), Cause::ALL.len());
}

#[test]
fn before_the_worker_has_counted_anything_the_metrics_are_zeros() {
	let text = exported(None);
	assert!(text.lines().any(|line| line == "ward_receipts_fetches_total 0"), "{text}");
	assert!(text.lines().any(|line| line == "ward_receipts_lapsed_cohorts 0"), "{text}");
}
