//! Anchors, signed ahead: valid calls about real patients, with custodians' receipts.

use ring::rand::{SecureRandom, SystemRandom};
use ward_chain_client::{Call, Chain, SignedCall};
use ward_client::{
	error::{Error, Kind},
	Result,
};
use ward_primitives::{
	record::manifest_commitment, Attributes, AttributesOpening, Category, CategorySet, Deposit,
	DepositReceipt, Digest, Moment, NewRecord, Sensitivity,
};

use super::cast::{sign, Author, Cast, Center};

/// How long the receipts count, in milliseconds.
const RECEIPT_VALIDITY: Moment = 12 * 3_600_000;

/// What calls anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
	/// Each call one record.
	Single,
	/// Each call so many records.
	Batch(u32),
}

impl Shape {
	/// How many records a call anchors.
	pub(crate) const fn records(self) -> u32 {
		match self {
			Self::Single => 1,
			Self::Batch(records) => records,
		}
	}
}

/// Signs so many calls, spread evenly over the authors: one lane for each, in the order of nonces.
pub(crate) async fn sign_ahead(
	chain: &Chain,
	cast: &mut Cast,
	shape: Shape,
	calls: u32,
) -> Result<Vec<Vec<SignedCall>>> {
	let (signing, genesis) = (chain.signing().await?, chain.genesis());
	let expires = chain.finalized().await?.timestamp + RECEIPT_VALIDITY;
	let Cast { centers, authors } = cast;
	let lanes = authors.len().min(calls as usize);
	let mut signed: Vec<Vec<SignedCall>> = vec![Vec::new(); lanes];
	for n in 0..calls as usize {
		let lane = n % lanes;
		let author = &mut authors[lane];
		let center = &centers[author.center];
		let record = |m: u32| record(genesis, author, center, n + m as usize, expires);
		let call = match shape {
			Shape::Single => Call::anchor(&record(0)?),
			Shape::Batch(records) => {
				let records = (0..records).map(record).collect::<Result<Vec<_>>>()?;
				Call::anchor_batch(&records)
			},
		};
		signed[lane].push(sign(&signing, &author.key, &mut author.nonce, call)?);
	}
	Ok(signed)
}

/// A record with a receipt of its author's center. What it would contain exists nowhere, which the
/// chain cannot know: it sees hashes of random bytes, as always.
fn record(
	genesis: Digest,
	author: &Author,
	center: &Center,
	n: usize,
	expires: Moment,
) -> Result<NewRecord> {
	let none = || Error::new(Kind::Other, "a center without patients has nothing to anchor");
	let patient = *author.patients.get(n % author.patients.len().max(1)).ok_or_else(none)?;
	let attributes = Attributes {
		categories: CategorySet::from_iter([Category::Laboratory]),
		sensitivity: Sensitivity::Normal,
		period: None,
	};
	let salt = random()?;
	let mut record = NewRecord {
		patient,
		on_behalf_of: Some(center.id),
		commitment: manifest_commitment(&salt, b"{\"format\":\"ward-manifest/v1\"}"),
		attributes: AttributesOpening { salt, attributes }.digest(),
		content_root: blake3::hash(&random()?).into(),
		size: 65_536,
		deposits: Default::default(),
	};
	let receipt = DepositReceipt {
		genesis,
		custodian: center.id,
		record: record.content(author.id).record_id(&genesis),
		content_root: record.content_root,
		size: record.size,
		expires,
	};
	let signature = center.receipt.sign(&receipt.message());
	let deposit = Deposit { custodian: center.id, expires, signature };
	let full = |_| Error::new(Kind::Other, "a record has room for one receipt; qed");
	record.deposits.try_push(deposit).map_err(full)?;
	Ok(record)
}

fn random() -> Result<[u8; 32]> {
	let mut bytes = [0; 32];
	let none = |_| Error::new(Kind::Other, "the operating system has no randomness to give");
	SystemRandom::new().fill(&mut bytes).map_err(none)?;
	Ok(bytes)
}
