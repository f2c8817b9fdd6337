//! What `subxt` has to know of a Ward chain.

use subxt::{
	config::{
		substrate::{BlakeTwo256, SubstrateConfig, SubstrateHeader},
		transaction_extensions::{
			CheckGenesis, CheckMetadataHash, CheckMortality, CheckNonce, CheckSpecVersion,
			CheckTxVersion,
		},
		Config,
	},
	metadata::ArcMetadata,
	utils::{AccountId32, MultiAddress, MultiSignature, H256},
};

/// The transaction extensions that have bytes. The others of Ward's runtime (`AuthorizeCall`,
/// `CheckNonZeroSender`, `CheckParticipant`, `CheckWeight`, `WeightReclaim` and any later one without
/// bytes) are found in the metadata and need nothing here.
pub(crate) type Extensions = (
	CheckSpecVersion,
	CheckTxVersion,
	CheckGenesis<WardConfig>,
	CheckMortality<WardConfig>,
	CheckNonce,
	CheckMetadataHash,
);

/// Types of a Ward chain, and a memory of the metadata of each runtime version met.
#[derive(Clone, Debug, Default)]
pub(crate) struct WardConfig(SubstrateConfig);

impl Config for WardConfig {
	type AccountId = AccountId32;
	type Address = MultiAddress<AccountId32, ()>;
	type Signature = MultiSignature;
	type Hasher = BlakeTwo256;
	type Header = SubstrateHeader<H256>;
	type TransactionExtensions = Extensions;
	type AssetId = u32;

	fn genesis_hash(&self) -> Option<H256> {
		self.0.genesis_hash()
	}

	fn spec_and_transaction_version_for_block_number(&self, number: u64) -> Option<(u32, u32)> {
		self.0.spec_and_transaction_version_for_block_number(number)
	}

	fn metadata_for_spec_version(&self, spec_version: u32) -> Option<ArcMetadata> {
		self.0.metadata_for_spec_version(spec_version)
	}

	fn set_metadata_for_spec_version(&self, spec_version: u32, metadata: ArcMetadata) {
		self.0.set_metadata_for_spec_version(spec_version, metadata);
	}
}

#[cfg(test)]
impl From<SubstrateConfig> for WardConfig {
	fn from(config: SubstrateConfig) -> Self {
		Self(config)
	}
}
