//! Who takes part: centers that the health authority accredits, with staff and patients in care.
//! All of it comes onto the chain by real calls.

use ward_chain_client::{Call, Chain, SignedCall, Signing, State};
use ward_client::{
	error::{Error, Kind},
	keys::Keys,
	proof::{sign_attachment, EnrolmentOffer},
	Result,
};
use ward_crypto::request::RequestKey;
use ward_primitives::{
	participant::SealingSuite, Digest, KeyBytes, KeyRoles, Moment, ParticipantId, Role, VaultRow,
};

use super::{drive, node::Node};

/// How long the proofs of newcomers count, in milliseconds.
const PROOF_VALIDITY: Moment = 12 * 3_600_000;

/// How many of each there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
	pub(crate) centers: u32,
	/// For each center.
	pub(crate) authors: u32,
	/// For each center.
	pub(crate) patients: u32,
}

/// A medical center that holds records.
pub(crate) struct Center {
	pub(crate) id: ParticipantId,
	keys: Keys,
	/// What its vault would sign receipts with.
	pub(crate) receipt: RequestKey,
}

/// A practitioner who writes for a center.
pub(crate) struct Author {
	pub(crate) id: ParticipantId,
	pub(crate) key: RequestKey,
	/// The next nonce.
	pub(crate) nonce: u64,
	/// The place of its center among the centers.
	pub(crate) center: usize,
	/// Whom it writes about.
	pub(crate) patients: Vec<ParticipantId>,
}

/// Everybody.
pub(crate) struct Cast {
	pub(crate) centers: Vec<Center>,
	pub(crate) authors: Vec<Author>,
}

/// Somebody who is to be enrolled.
struct Newcomer {
	keys: Keys,
	role: Role,
	/// The place of its center among the centers.
	center: usize,
}

impl Cast {
	/// Enrols everybody, in two rounds: centers, then their vaults, staff and patients.
	pub(crate) async fn enrol(
		chain: &Chain,
		nodes: &[Node],
		authority: &Keys,
		size: Size,
	) -> Result<Self> {
		let state = chain.finalized().await?;
		let until = state.timestamp + PROOF_VALIDITY;
		let genesis = chain.genesis();
		let sponsor = id_of(&state, authority.account().public()).await?;

		let newcomers: Vec<Keys> = (0..size.centers).map(|_| Keys::generate()).collect();
		let mut nonce = chain.next_nonce(authority.account().public()).await?;
		let signing = chain.signing().await?;
		let mut lane = Vec::new();
		for keys in &newcomers {
			let call = enrolment(keys, genesis, sponsor, Role::MedicalCenter, until)?;
			lane.push(sign(&signing, authority.account(), &mut nonce, call)?);
		}
		drive::finalize(nodes, vec![lane], "centers").await?;
		let state = chain.finalized().await?;
		let mut centers = Vec::new();
		for keys in newcomers {
			let id = id_of(&state, keys.account().public()).await?;
			centers.push(Center { id, keys, receipt: RequestKey::generate() });
		}

		let mut newcomers = Vec::new();
		for center in 0..centers.len() {
			let newcomer = |role| Newcomer { keys: Keys::generate(), role, center };
			newcomers.extend((0..size.authors).map(|_| newcomer(Role::Practitioner)));
			newcomers.extend((0..size.patients).map(|_| newcomer(Role::Patient)));
		}
		let lanes = staff(&chain.signing().await?, genesis, until, &centers, &newcomers)?;
		drive::finalize(nodes, lanes, "staff and patients").await?;

		let state = chain.finalized().await?;
		let mut patients = vec![Vec::new(); centers.len()];
		let mut authors = Vec::new();
		for Newcomer { keys, role, center } in newcomers {
			let id = id_of(&state, keys.account().public()).await?;
			match role {
				Role::Patient => patients[center].push(id),
				_ => authors.push(Author {
					id,
					key: keys.account().clone(),
					nonce: 0,
					center,
					patients: Vec::new(),
				}),
			}
		}
		for author in &mut authors {
			author.patients.clone_from(&patients[author.center]);
		}
		Ok(Self { centers, authors })
	}
}

/// For each center the calls that publish its vault and enrol its staff and patients.
fn staff(
	signing: &Signing,
	genesis: Digest,
	until: Moment,
	centers: &[Center],
	newcomers: &[Newcomer],
) -> Result<Vec<Vec<SignedCall>>> {
	let mut lanes = Vec::new();
	for (place, center) in centers.iter().enumerate() {
		let (key, mut nonce) = (center.keys.account(), 0);
		let proof = sign_attachment(&center.receipt, genesis, center.id, KeyRoles::RECEIPT, until);
		let attach = Call::attach_key(center.receipt.public(), KeyRoles::RECEIPT, until, proof);
		let publish = Call::set_vault(&vault_row(center)?);
		let mut lane = vec![sign(signing, key, &mut nonce, attach)?];
		lane.push(sign(signing, key, &mut nonce, publish)?);
		for newcomer in newcomers.iter().filter(|newcomer| newcomer.center == place) {
			let call = enrolment(&newcomer.keys, genesis, center.id, newcomer.role, until)?;
			lane.push(sign(signing, key, &mut nonce, call)?);
		}
		lanes.push(lane);
	}
	Ok(lanes)
}

/// The call that accepts a newcomer's offer. Patients come into the care of their center.
fn enrolment(
	keys: &Keys,
	genesis: Digest,
	sponsor: ParticipantId,
	role: Role,
	until: Moment,
) -> Result<Call> {
	let care = role == Role::Patient;
	let offer = EnrolmentOffer::sign(keys, genesis, sponsor, role, care, until);
	let sealing_key = offer.sealing_digest()?;
	Ok(Call::enrol(role, offer.account.0, sealing_key, care, until, offer.signature.0))
}

/// Nobody asks this vault for anything: the benchmark signs its receipts.
fn vault_row(center: &Center) -> Result<VaultRow> {
	let too_long = || Error::new(Kind::Other, "the vault's row is too long");
	let release_key = center.keys.current_sealing().public_key();
	Ok(VaultRow {
		endpoint: b"http://127.0.0.1:9".to_vec().try_into().map_err(|_| too_long())?,
		receipt_key: center.receipt.public(),
		release_suite: SealingSuite::XWing,
		release_key: release_key.try_into().map_err(|_| too_long())?,
	})
}

/// Signs a call with the next nonce.
pub(crate) fn sign(
	signing: &Signing,
	key: &RequestKey,
	nonce: &mut u64,
	call: Call,
) -> Result<SignedCall> {
	let signed = signing.sign(key, *nonce, call)?;
	*nonce += 1;
	Ok(signed)
}

async fn id_of(state: &State, account: KeyBytes) -> Result<ParticipantId> {
	let row = state.key(account).await?;
	row.map(|row| row.participant).ok_or_else(|| {
		Error::new(Kind::Refused, "somebody whom the benchmark enrolled is not on the chain")
			.hint("see the nodes' logs")
	})
}
