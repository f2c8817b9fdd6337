//! What the operator can count, in the OpenMetrics format. No label names a person or a record.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
	encoding::{text::encode, EncodeLabelSet},
	metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
	registry::Registry,
};
use ward_primitives::Decision;

use crate::{access_log::Event, error::Code, trouble::Trouble};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
	method: String,
	route: String,
	status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
	event: &'static str,
	outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TroubleLabels {
	code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
	outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListenerLabels {
	listener: &'static str,
}

/// The connections of one listener.
#[derive(Clone)]
pub(crate) struct Connections {
	/// How many there are.
	pub(crate) open: Gauge,
	/// Those for which there was no room.
	pub(crate) refused: Counter,
	/// Those that did nothing for too long.
	pub(crate) timed_out: Counter,
}

/// The vault's counters.
pub struct Metrics {
	registry: Registry,
	requests: Family<RequestLabels, Counter>,
	seconds: Histogram,
	decisions: Family<DecisionLabels, Counter>,
	connections: Family<ListenerLabels, Gauge>,
	connections_refused: Family<ListenerLabels, Counter>,
	connections_timed_out: Family<ListenerLabels, Counter>,
	/// Bytes of ciphertext that were stored.
	pub stored_bytes: Counter,
	/// Bytes of ciphertext that were sent, or are being sent.
	pub sent_bytes: Counter,
	/// Deposits that became anchored.
	pub promoted: Counter,
	/// Deposits that nobody anchored in time.
	pub discarded: Counter,
	/// Records whose stored content was found damaged.
	pub damaged: Counter,
	/// Records of which the chain says that they are here, and which are not.
	pub missing: Counter,
	/// Records whose content was compared with its hash in the background.
	pub scrubbed: Counter,
	/// Their bytes.
	pub scrubbed_bytes: Counter,
	/// Records whose stored content is damaged or missing now.
	pub damaged_now: Gauge,
	/// Records of which the chain says that they are here, and of which nothing is known here now.
	pub unknown_now: Gauge,
	/// How long ago the last complete round of scrubbing ended, in seconds; before the first one, how long
	/// ago that began.
	pub scrub_age: Gauge,
	/// Rows that storage receipts were made for.
	receipt_rows: Family<OutcomeLabels, Counter>,
	/// How long storage receipts took.
	pub receipt_seconds: Histogram,
	/// Requests for storage receipts that wait for their turn now.
	pub receipts_waiting: Gauge,
	/// 1 while the access log does not go on from what the chain knows of it.
	pub log_diverged: Gauge,
	/// Copies of records that other vaults were given.
	pub copies_sent: Counter,
	/// Bytes that were fetched from other vaults.
	pub copied_bytes: Counter,
	/// What became of content that was to be fetched from other vaults.
	copies: Family<OutcomeLabels, Counter>,
	/// What became of records that one center hands over to another.
	handed_over: Family<OutcomeLabels, Counter>,
	/// The number of the finalized block that has been followed last.
	pub finalized: Gauge<u64, AtomicU64>,
	trouble: Family<TroubleLabels, Gauge>,
	contingency: Gauge,
}

impl Default for Metrics {
	fn default() -> Self {
		let mut registry = Registry::with_prefix("ward_vault");
		let requests = Family::<RequestLabels, Counter>::default();
		registry.register("requests", "Requests by route and status", requests.clone());
		// From a millisecond to half a minute, each bucket three times the one before.
		let seconds = Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]);
		registry.register("request_seconds", "Time until an answer starts", seconds.clone());
		let decisions = Family::<DecisionLabels, Counter>::default();
		registry.register("decisions", "Access decisions by outcome", decisions.clone());
		let connections = Family::<ListenerLabels, Gauge>::default();
		registry.register("connections", "Open connections by listener", connections.clone());
		let connections_refused = Family::<ListenerLabels, Counter>::default();
		registry.register(
			"connections_refused",
			"Connections for which there was no room",
			connections_refused.clone(),
		);
		let connections_timed_out = Family::<ListenerLabels, Counter>::default();
		registry.register(
			"connections_timed_out",
			"Connections that did nothing for too long",
			connections_timed_out.clone(),
		);
		let mut counter = |name: &str, help: &str| {
			let counter = Counter::default();
			registry.register(name, help, counter.clone());
			counter
		};
		let stored_bytes = counter("stored_bytes", "Bytes of ciphertext stored");
		let sent_bytes = counter("sent_bytes", "Bytes of ciphertext released to readers");
		let promoted = counter("promoted", "Deposits that became anchored");
		let discarded = counter("discarded", "Deposits that nobody anchored in time");
		let damaged = counter("damaged", "Records whose content was found damaged");
		let missing = counter("missing", "Anchored records that are not here");
		let scrubbed = counter("scrubbed", "Records verified in the background");
		let scrubbed_bytes = counter("scrubbed_bytes", "Bytes verified in the background");
		let copies_sent = counter("copies_sent", "Copies of records given to other vaults");
		let copied_bytes = counter("copied_bytes", "Bytes fetched from other vaults");
		let mut gauge = |name: &str, help: &str| {
			let gauge = Gauge::default();
			registry.register(name, help, gauge.clone());
			gauge
		};
		let damaged_now = gauge("damaged_now", "Records whose content is damaged or missing now");
		let unknown_now = gauge("unknown_now", "Anchored records that nothing is known of here");
		let scrub_age =
			gauge("scrub_age_seconds", "Seconds since the last complete round of scrubbing");
		let receipts_waiting =
			gauge("receipts_waiting", "Requests for storage receipts that wait for their turn now");
		let log_diverged =
			gauge("log_diverged", "1 while the access log contradicts what the chain knows of it");
		let receipt_rows = Family::<OutcomeLabels, Counter>::default();
		registry.register("receipt_rows", "Rows of storage receipts", receipt_rows.clone());
		let receipt_seconds = Histogram::new([0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]);
		registry.register(
			"receipt_seconds",
			"Time that storage receipts took",
			receipt_seconds.clone(),
		);
		let copies = Family::<OutcomeLabels, Counter>::default();
		registry.register("copies", "Content fetched from other vaults", copies.clone());
		let handed_over = Family::<OutcomeLabels, Counter>::default();
		registry.register(
			"handed_over",
			"Records that one center hands over to another",
			handed_over.clone(),
		);
		let finalized = Gauge::default();
		registry.register("finalized_block", "Last finalized block followed", finalized.clone());
		let trouble = Family::<TroubleLabels, Gauge>::default();
		registry.register(
			"chain_trouble",
			"1 for what is in the way of deciding, none if the vault is open",
			trouble.clone(),
		);
		let contingency = Gauge::default();
		registry.register(
			"contingency",
			"1 while the center's own staff is served in an outage",
			contingency.clone(),
		);
		Self {
			registry,
			requests,
			seconds,
			decisions,
			connections,
			connections_refused,
			connections_timed_out,
			stored_bytes,
			sent_bytes,
			promoted,
			discarded,
			damaged,
			missing,
			scrubbed,
			scrubbed_bytes,
			damaged_now,
			unknown_now,
			scrub_age,
			receipt_rows,
			receipt_seconds,
			receipts_waiting,
			log_diverged,
			copies_sent,
			copied_bytes,
			copies,
			handed_over,
			finalized,
			trouble,
			contingency,
		}
	}
}

impl Metrics {
	/// Counts an answered request.
	pub fn request(&self, method: String, route: String, status: u16, seconds: f64) {
		self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
		self.seconds.observe(seconds);
	}

	/// The counters of a listener's connections.
	pub(crate) fn connections(&self, listener: &'static str) -> Connections {
		let labels = ListenerLabels { listener };
		Connections {
			open: self.connections.get_or_create(&labels).clone(),
			refused: self.connections_refused.get_or_create(&labels).clone(),
			timed_out: self.connections_timed_out.get_or_create(&labels).clone(),
		}
	}

	/// Counts a decision.
	pub fn decision(&self, event: Event, decision: &Decision) {
		let outcome = match decision {
			Decision::Permit { .. } => "permit",
			Decision::Deny { reason } => reason.code(),
		};
		self.decisions.get_or_create(&DecisionLabels { event: event.name(), outcome }).inc();
	}

	/// Counts the rows of a storage receipt.
	pub fn receipt(&self, held: u64, missing: u64) {
		for (outcome, rows) in [("held", held), ("missing", missing)] {
			self.receipt_rows.get_or_create(&OutcomeLabels { outcome }).inc_by(rows);
		}
	}

	/// Counts what became of content that was to be fetched from another vault.
	pub fn copy(&self, outcome: &'static str) {
		self.copies.get_or_create(&OutcomeLabels { outcome }).inc();
	}

	/// Counts what became of a record that one center hands over to another.
	pub fn handed_over(&self, outcome: &'static str) {
		self.handed_over.get_or_create(&OutcomeLabels { outcome }).inc();
	}

	/// Notes how the chain stands.
	pub fn stands(&self, trouble: Option<Code>, contingency: bool) {
		for code in Trouble::CODES {
			let gauge = self.trouble.get_or_create(&TroubleLabels { code: code.name() });
			gauge.set(i64::from(trouble == Some(code)));
		}
		self.contingency.set(i64::from(contingency));
	}

	/// All counters as text.
	pub fn text(&self) -> Result<String, std::fmt::Error> {
		let mut text = String::new();
		encode(&mut text, &self.registry)?;
		Ok(text)
	}
}
