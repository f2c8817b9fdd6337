//! What the off-chain worker has counted, for Prometheus.
//!
//! The worker runs in the runtime, whose world has no metrics: it counts in the node's local storage, and each
//! time that the metrics are fetched they are read from there.

use std::sync::Arc;

use codec::Decode;
use pallet_ward_receipts::worker::{Cause, Counters, BUCKETS, COUNTERS_KEY};
use sp_core::offchain::{OffchainStorage, STORAGE_PREFIX};
use substrate_prometheus_endpoint::{
	register as register_metric, MetricSource, Opts, PrometheusError, Registry, SourcedCounter,
	SourcedGauge,
};

/// Reads the counters.
type Reader = Arc<dyn Fn() -> Counters + Send + Sync>;

/// One of the metrics: how it is read from the counters.
#[derive(Clone)]
struct Source {
	read: Reader,
	values: fn(&Counters, &mut dyn FnMut(&[&str], f64)),
}

impl MetricSource for Source {
	type N = f64;

	fn collect(&self, mut set: impl FnMut(&[&str], f64)) {
		(self.values)(&(self.read)(), &mut set);
	}
}

/// The counters as they are now; zeros as long as the worker has counted nothing.
fn read(storage: &impl OffchainStorage) -> Counters {
	storage
		.get(STORAGE_PREFIX, COUNTERS_KEY)
		.and_then(|bytes| Counters::decode(&mut &*bytes).ok())
		.unwrap_or_default()
}

/// Milliseconds in seconds.
#[allow(clippy::cast_precision_loss)] // Exact for 285,000 years.
fn seconds(milliseconds: u64) -> f64 {
	milliseconds as f64 / 1_000.0
}

/// A number as Prometheus has it.
#[allow(clippy::cast_precision_loss)] // Exact up to 9 × 10^15.
const fn number(count: u64) -> f64 {
	count as f64
}

/// Registers the metrics, all of which begin with `ward_receipts_`.
pub(crate) fn register<S>(registry: &Registry, storage: S) -> Result<(), PrometheusError>
where
	S: OffchainStorage + Sync + 'static,
{
	let reader: Reader = Arc::new(move || read(&storage));
	type Values = fn(&Counters, &mut dyn FnMut(&[&str], f64));
	let counter = |name: &str, help: &str, label: Option<&str>, values: Values| {
		let opts = Opts::new(format!("ward_receipts_{name}"), help);
		let opts = opts.variable_labels(label.map(Into::into).into_iter().collect());
		let source = Source { read: reader.clone(), values };
		register_metric(SourcedCounter::new(&opts, source)?, registry).map(|_| ())
	};
	counter(
		"fetches_total",
		"Fetches of storage receipts that were begun, also where there was nowhere to go.",
		None,
		|now, set| {
			set(&[], number(now.fetches));
		},
	)?;
	counter(
		"failures_total",
		"Fetches of which no report came, by cause.",
		Some("cause"),
		|now, set| {
			for cause in Cause::ALL {
				set(&[cause.label()], number(now.failures_by(cause)));
			}
		},
	)?;
	counter(
		"answer_seconds_bucket",
		"Answers that came whole within a time.",
		Some("le"),
		|now, set| {
			for (bucket, within) in BUCKETS.into_iter().zip(now.answers_within) {
				set(&[&seconds(bucket).to_string()], number(within));
			}
			set(&["+Inf"], number(now.answers));
		},
	)?;
	counter("answer_seconds_sum", "How long all answers took.", None, |now, set| {
		set(&[], seconds(now.answer_time));
	})?;
	counter("answer_seconds_count", "Answers that came whole.", None, |now, set| {
		set(&[], number(now.answers));
	})?;
	counter("reports_total", "Reports that this node's pool took.", None, |now, set| {
		set(&[], number(now.reports));
	})?;
	counter(
		"disputes_total",
		"Proofs of wrong answers that this node's pool took.",
		None,
		|now, set| set(&[], number(now.disputes)),
	)?;
	counter(
		"rounds_total",
		"Times that this node looked through all cohorts of a custodian.",
		None,
		|now, set| set(&[], number(now.rounds)),
	)?;
	let opts = Opts::new(
		"ward_receipts_lapsed_cohorts",
		"Cohorts whose freshness was over when this node last looked through them.",
	);
	let source = Source { read: reader.clone(), values: |now, set| set(&[], number(now.lapsed)) };
	register_metric(SourcedGauge::new(&opts, source)?, registry)?;
	Ok(())
}
