//! What the calls and transaction extensions declare to read and write, against what they do.
//!
//! Weights are measured rarely and calls change often. Times need a quiet machine, but keys can be
//! counted anywhere: here, by the rule of the benchmarks, in the runtime as it is.

mod cases;
mod counting;
mod declared;
mod extensions;
mod receipts;

use frame_benchmarking::{BenchmarkConfig, BenchmarkMetadata, BenchmarkParameter};
use sp_core::storage::Storage;
use sp_genesis_builder::DEV_RUNTIME_PRESET;

use self::counting::Accesses;
use crate::benchmarks;

/// How many reads more than counted a weight may declare: none as long as each count is a straight
/// line.
const SPARE_READS: u64 = 0;

/// The chain on which `scripts/weights` measures.
fn development() -> Storage {
	super::genesis_storage(DEV_RUNTIME_PRESET)
}

/// The components with which a benchmark is run: all at their highest, all at their lowest, and each
/// at its lowest and in its middle while the others are at their highest.
fn components(benchmark: &BenchmarkMetadata) -> Vec<Vec<(BenchmarkParameter, u32)>> {
	let all = &benchmark.components;
	let highest: Vec<_> = all.iter().map(|(name, _, high)| (*name, *high)).collect();
	let mut chosen = vec![highest.clone()];
	if all.is_empty() {
		return chosen;
	}
	chosen.push(all.iter().map(|(name, low, _)| (*name, *low)).collect());
	for (n, (name, low, high)) in all.iter().enumerate() {
		for value in [*low, low.midpoint(*high)] {
			let mut one_less = highest.clone();
			one_less[n] = (*name, value);
			chosen.push(one_less);
		}
	}
	chosen
}

/// What a benchmark reads and writes.
fn count(
	pallet: &[u8],
	instance: &[u8],
	benchmark: &[u8],
	components: &[(BenchmarkParameter, u32)],
) -> Accesses {
	let config = BenchmarkConfig {
		pallet: pallet.to_vec(),
		instance: instance.to_vec(),
		benchmark: benchmark.to_vec(),
		selected_components: components.to_vec(),
		// What verifies the outcome reads, too, and is no part of the call.
		verify: false,
		internal_repeats: 1,
	};
	let batches = benchmarks::dispatch(config).expect("the benchmark runs");
	let result = batches.iter().flat_map(|batch| &batch.results).next_back();
	let result = result.expect("the benchmark has a result");
	Accesses { reads: result.reads.into(), writes: result.writes.into() }
}

#[test]
fn every_benchmark_reads_and_writes_what_its_weight_declares() {
	let (pallets, _) = benchmarks::metadata(true);
	let mut wrong = Vec::new();
	let mut compared = 0;
	counting::run(development(), || {
		for pallet in &pallets {
			let pallet_name = String::from_utf8_lossy(&pallet.pallet);
			for benchmark in &pallet.benchmarks {
				let name = String::from_utf8_lossy(&benchmark.name);
				for components in components(benchmark) {
					let declared = declared::of_benchmark(&pallet_name, &name, &components);
					let counted =
						count(&pallet.pallet, &pallet.instance, &benchmark.name, &components);
					let is_stale = declared.reads > counted.reads + SPARE_READS
						|| declared.writes > counted.writes;
					if !counted.fit(&declared) || is_stale {
						wrong.push(format!(
							"{pallet_name}::{name} {components:?}: declares {declared:?}, does {counted:?}"
						));
					}
					compared += 1;
				}
			}
		}
	});
	assert!(compared >= 60, "only {compared} cases were compared");
	assert!(
		wrong.is_empty(),
		"weights that are not those of the calls; run scripts/weights for their pallets: {wrong:#?}"
	);
}
