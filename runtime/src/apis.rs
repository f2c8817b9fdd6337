//! What a node can ask of the chain's state.

use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};
use codec::Encode;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::{KeyOwnerProofSystem, PalletsInfoAccess},
};
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_consensus_slots::EquivocationProof;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
	key_types,
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, DispatchError, ExtrinsicInclusionMode, ModuleError,
};
use sp_session::{MembershipProof, OpaqueGeneratedSessionKeys};
use sp_version::RuntimeVersion;
use ward_primitives::{
	council::Motion,
	decision::{DecisionInputs, Query},
	inputs,
	receipt::{CohortRow, CustodyState, EpochInfo, LogRow, ReceiptTask},
	seat::{SeatInfo, SessionInfo},
	traits::ReadParticipants,
	AccessRequest, Custodian, Grant, GrantId, Interval, KeyBytes, KeyRow, Moment, NewRecord,
	ParticipantId, ParticipantRow, RecordId, RecordRow, Timeline, VaultRow,
};
use ward_runtime_api::BatchFault;

use crate::{
	AccountId, AllPalletsWithSystem, Authorities, Block, Consent, Executive, Governance, Grandpa,
	Historical, InherentDataExt as _, Nonce, Participants, Quota, Receipts, Records, Runtime,
	RuntimeGenesisConfig, SessionKeys, System, Timestamp, SLOT_DURATION, VERSION,
};

/// The name of an error: `Pallet::Error`, or that of a general one.
fn error_name(error: DispatchError) -> String {
	match error {
		DispatchError::Module(ModuleError { index, message: Some(name), .. }) => {
			let pallets = AllPalletsWithSystem::infos();
			let pallet = pallets.iter().find(|pallet| pallet.index == usize::from(index));
			format!("{}::{name}", pallet.map_or("?", |pallet| pallet.name))
		},
		other => <&str>::from(other).to_string(),
	}
}

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header);
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			sp_consensus_aura::SlotDuration::from_millis(SLOT_DURATION)
		}

		fn authorities() -> Vec<AuraId> {
			pallet_aura::Authorities::<Runtime>::get().into_inner()
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			Grandpa::current_set_id()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
			owner: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(proof, owner.decode()?)
		}

		fn generate_key_ownership_proof(
			_: sp_consensus_grandpa::SetId,
			key: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			Historical::prove((key_types::GRANDPA, key))
				.map(|proof| sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
		}
	}

	impl ward_runtime_api::AuthoritiesApi<Block> for Runtime {
		fn key_ownership_proof(key: AuraId) -> Option<MembershipProof> {
			Historical::prove((key_types::AURA, key))
		}

		fn report_double_authoring(
			proof: EquivocationProof<<Block as BlockT>::Header, AuraId>,
			owner: MembershipProof,
		) -> bool {
			Authorities::submit_report(proof, owner)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, crate::genesis_config_presets::get_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			crate::genesis_config_presets::preset_names()
		}
	}

	impl ward_runtime_api::WardApi<Block> for Runtime {
		fn now() -> Moment {
			Timestamp::get()
		}

		fn decision_inputs(query: Query) -> DecisionInputs {
			inputs::gather::<Participants, Records, Consent>(query, Timestamp::get()).inputs
		}

		fn participant(id: ParticipantId) -> Option<ParticipantRow> {
			Participants::participant(id)
		}

		fn key(key: KeyBytes) -> Option<KeyRow> {
			Participants::key(key.into())
		}

		fn vault(center: ParticipantId) -> Option<VaultRow> {
			Participants::vault(center)
		}

		fn affiliations(member: ParticipantId) -> Vec<(ParticipantId, Interval)> {
			<Participants as ReadParticipants>::affiliations(member, Timestamp::get())
		}

		fn care(patient: ParticipantId, center: ParticipantId) -> Option<Timeline> {
			<Participants as ReadParticipants>::care(patient, center, Timestamp::get())
		}

		fn record(id: RecordId) -> Option<RecordRow> {
			Records::record(id)
		}

		fn patient_records(patient: ParticipantId, from: u64, limit: u32) -> Vec<RecordId> {
			Records::records_of(patient, from, limit)
		}

		fn custody(center: ParticipantId, from: u64, limit: u32) -> Vec<RecordId> {
			Records::custody_of(center, from, limit)
		}

		fn rows_held(center: ParticipantId, cohort: u64) -> u16 {
			Records::rows_held(center, cohort)
		}

		fn former_custodians(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<ParticipantId> {
			Records::former_custodians_of(patient, after, limit)
		}

		fn check_batch(author: KeyBytes, records: Vec<NewRecord>) -> Result<(), BatchFault> {
			Records::check_batch(author.into(), records)
				.map_err(|(index, error)| BatchFault { index, error: error_name(error) })
		}

		fn grant(id: GrantId) -> Option<Grant> {
			Consent::grant_by_id(id)
		}

		fn patient_grants(patient: ParticipantId, from: GrantId, limit: u32) -> Vec<Grant> {
			Consent::grants_of(patient, from, limit)
		}

		fn requests_to(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<AccessRequest> {
			Consent::requests_to(patient, after, limit)
		}

		fn exclusions(
			patient: ParticipantId,
			after: Option<ParticipantId>,
			limit: u32,
		) -> Vec<(ParticipantId, Timeline)> {
			Consent::exclusions_of(patient, after, limit)
		}

		fn quota(id: ParticipantId) -> u64 {
			Quota::level_of(id)
		}

		fn seats() -> Vec<SeatInfo> {
			Authorities::seats()
		}

		fn session() -> SessionInfo {
			Authorities::session()
		}

		fn host(guest: ParticipantId) -> Option<ParticipantId> {
			Authorities::host(guest)
		}

		fn receipt_epoch() -> EpochInfo {
			Receipts::receipt_epoch()
		}

		fn receipt_task(
			custodian: ParticipantId,
			cohort: u64,
			witness: ParticipantId,
		) -> Option<ReceiptTask> {
			Receipts::receipt_task(custodian, cohort, witness)
		}

		fn cohort(custodian: ParticipantId, cohort: u64) -> Option<CohortRow> {
			Receipts::cohort(custodian, cohort)
		}

		fn witnesses(custodian: ParticipantId, cohort: u64) -> Vec<ParticipantId> {
			Receipts::witnesses(custodian, cohort)
		}

		fn custody_states(record: RecordId) -> Vec<CustodyState> {
			let custodians = Records::record(record).map(|row| row.custodians).unwrap_or_default();
			let state = |Custodian { center, row }| {
				CustodyState { center, row, state: Receipts::row_state(center, row) }
			};
			custodians.into_iter().map(state).collect()
		}

		fn log_head(custodian: ParticipantId) -> Option<LogRow> {
			Receipts::log_head(custodian)
		}

		fn council() -> Vec<ParticipantId> {
			Governance::council()
		}

		fn motions() -> Vec<Motion> {
			Governance::motions()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(extra: bool) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			crate::benchmarks::metadata(extra)
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			crate::benchmarks::dispatch(config)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(
			checks: frame_try_runtime::UpgradeCheckSelect,
		) -> (frame_support::weights::Weight, frame_support::weights::Weight) {
			let used = Executive::try_runtime_upgrade(checks).expect("upgrade checks hold; qed");
			(used, <Runtime as frame_system::Config>::BlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> frame_support::weights::Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("a block that was executed before executes again; qed")
		}
	}
}
