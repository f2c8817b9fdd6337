//! What a transaction declares and is charged beside its call.

use frame_support::{dispatch::GetDispatchInfo, traits::Get};
use frame_system::ExtensionsWeightInfo as _;
use pallet_ward_quota::WeightInfo as _;
use pallet_ward_records::BenchmarkHelper;
use sp_core::Encode;
use sp_runtime::traits::TransactionExtension;
use ward_primitives::{KeyRoles, Role};

use super::{
	super::{account, chain, pair},
	cases::in_block,
};
use crate::{
	benchmarks::Helper, Executive, Quota, Runtime, RuntimeCall, RuntimeEvent, System, TxExtension,
};

type SystemWeights = frame_system::SubstrateExtensionsWeight<Runtime>;
type QuotaWeights = pallet_ward_quota::weights::SubstrateWeight<Runtime>;

#[test]
fn a_transaction_declares_what_was_measured_of_each_extension() {
	in_block(|| {
		let call: RuntimeCall = pallet_ward_consent::Call::cancel_request {
			patient: ward_primitives::ParticipantId(1),
		}
		.into();
		// `AuthorizeCall` weighs what the call says, here nothing, and `CheckMetadataHash` reads a
		// constant.
		let measured = [
			SystemWeights::check_non_zero_sender(),
			SystemWeights::check_spec_version(),
			SystemWeights::check_tx_version(),
			SystemWeights::check_genesis().set_proof_size(0),
			// The test's transactions live for ever.
			SystemWeights::check_mortality_immortal_transaction().set_proof_size(0),
			QuotaWeights::check_participant(),
			QuotaWeights::charge_quota(),
			SystemWeights::check_weight(),
			SystemWeights::weight_reclaim(),
		];
		let sum = measured.into_iter().reduce(|sum, weight| sum + weight);
		let transaction = chain::transaction(&pair(1), call.clone());
		assert_eq!(Some(transaction.get_dispatch_info().extension_weight), sum);
		assert_eq!(Some(TxExtension::weight(&chain::extensions(0), &call)), sum);
	});
}

#[test]
fn a_quota_is_charged_for_what_an_anchor_weighed_and_not_for_what_it_declared() {
	in_block(|| {
		let signer = pair(1);
		let (_, center) = Helper::participant(Role::MedicalCenter, None);
		let (_, doctor) = Helper::participant(Role::Practitioner, Some(center));
		Helper::attach(&account(&signer), doctor, KeyRoles::ACT);
		let record = ward_primitives::NewRecord {
			patient: <Helper as BenchmarkHelper<_>>::patient(
				0,
				&pallet_ward_records::Author { account: account(&signer), id: doctor, center },
				5,
			),
			on_behalf_of: Some(center),
			commitment: [1; 32],
			attributes: [1; 32],
			content_root: [1; 32],
			size: 1,
			deposits: Default::default(),
		};
		// Refused for want of a deposit, after all that decides on authorship was read.
		let call: RuntimeCall = pallet_ward_records::Call::anchor { record }.into();
		let transaction = chain::transaction(&signer, call);
		let declared = transaction.get_dispatch_info().total_weight();
		let len = transaction.encoded_size() as u64;
		let before = (Quota::level_of(doctor), Quota::sponsored_level_of(center));
		let refused = Executive::apply_extrinsic(transaction).expect("it comes into the block");
		assert!(refused.is_err());

		let weighed = System::events().into_iter().find_map(|record| match record.event {
			RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
				dispatch_info, ..
			}) => Some(dispatch_info.weight),
			_ => None,
		});
		let weighed = weighed.expect("it failed").ref_time();
		assert!(weighed < declared.ref_time(), "{weighed} of {declared:?}");
		let per_byte: u64 = <Runtime as pallet_ward_quota::Config>::CostPerByte::get();
		// The event has what every transaction weighs in it.
		let cost = weighed + len * per_byte;
		assert_eq!(before.0 - Quota::level_of(doctor), cost);
		assert_eq!(before.1 - Quota::sponsored_level_of(center), cost);
	});
}
