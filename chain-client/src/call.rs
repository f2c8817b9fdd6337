//! Calls to Ward's pallets.

mod council;
mod receipts;
mod seats;

pub use council::WeightBound;

use codec::Encode;
use ward_primitives::{
	participant::{KeyRoles, SealingKey},
	GrantId, GrantTerms, HandOver, KeyBytes, Moment, NewRecord, ParticipantId, RecordId, Role,
	VaultRow,
};

/// A call to one of Ward's pallets, ready to be signed. Pallet and call are looked up by name in the
/// runtime's metadata when it is submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
	/// The pallet's name in the runtime.
	pub pallet: &'static str,
	/// The call's name in the pallet.
	pub name: &'static str,
	/// The SCALE encoding of the arguments, in order.
	pub args: Vec<u8>,
}

/// A `MultiSignature` of the Ed25519 variant.
#[derive(Encode)]
enum Proof {
	#[codec(index = 0)]
	Ed25519([u8; 64]),
}

impl Call {
	fn new(pallet: &'static str, name: &'static str, args: impl Encode) -> Self {
		Self { pallet, name, args: args.encode() }
	}

	fn participants(name: &'static str, args: impl Encode) -> Self {
		Self::new("Participants", name, args)
	}

	fn records(name: &'static str, args: impl Encode) -> Self {
		Self::new("Records", name, args)
	}

	fn consent(name: &'static str, args: impl Encode) -> Self {
		Self::new("Consent", name, args)
	}
}

/// Participants, their keys and relations.
impl Call {
	/// Enrols a newcomer, who signed [`Enrolment`](ward_primitives::proof::Enrolment) with the key that
	/// becomes its first.
	pub fn enrol(
		role: Role,
		account: KeyBytes,
		sealing_key: SealingKey,
		care: bool,
		valid_until: Moment,
		proof: [u8; 64],
	) -> Self {
		let proof = Proof::Ed25519(proof);
		Self::participants("enrol", (role, account, sealing_key, care, valid_until, proof))
	}

	/// Admits a health authority. For the consortium's council only.
	pub fn admit_health_authority(
		account: KeyBytes,
		sealing_key: SealingKey,
		valid_until: Moment,
		proof: [u8; 64],
	) -> Self {
		let proof = Proof::Ed25519(proof);
		Self::participants("admit_health_authority", (account, sealing_key, valid_until, proof))
	}

	/// Attaches a further key, which signed
	/// [`KeyAttachment`](ward_primitives::proof::KeyAttachment), to the signer's participant.
	pub fn attach_key(
		key: KeyBytes,
		roles: KeyRoles,
		valid_until: Moment,
		proof: [u8; 64],
	) -> Self {
		let proof = Proof::Ed25519(proof);
		Self::participants("attach_key", (key, roles, valid_until, proof))
	}

	/// Retires a key of the signer's participant.
	pub fn retire_key(key: KeyBytes) -> Self {
		Self::participants("retire_key", key)
	}

	/// Replaces the signing key by another one with the same roles.
	pub fn rotate_key(key: KeyBytes, valid_until: Moment, proof: [u8; 64]) -> Self {
		Self::participants("rotate_key", (key, valid_until, Proof::Ed25519(proof)))
	}

	/// Replaces the sealing key of the signer's participant.
	pub fn set_sealing_key(sealing_key: SealingKey) -> Self {
		Self::participants("set_sealing_key", sealing_key)
	}

	/// Publishes what others need to know of the signing center's vault.
	pub fn set_vault(vault: &VaultRow) -> Self {
		Self::participants("set_vault", vault)
	}

	/// Affiliates a practitioner or device with the signing center.
	pub fn affiliate(member: ParticipantId) -> Self {
		Self::participants("affiliate", member)
	}

	/// Ends an affiliation, from either side.
	pub fn end_affiliation(member: ParticipantId, center: ParticipantId) -> Self {
		Self::participants("end_affiliation", (member, center))
	}

	/// Lets a center's staff write records about the signing patient.
	pub fn open_care(center: ParticipantId) -> Self {
		Self::participants("open_care", center)
	}

	/// Ends a care relationship, from either side.
	pub fn end_care(patient: ParticipantId, center: ParticipantId) -> Self {
		Self::participants("end_care", (patient, center))
	}

	/// Pairs a device with a patient.
	pub fn pair_device(device: ParticipantId, patient: ParticipantId) -> Self {
		Self::participants("pair_device", (device, patient))
	}

	/// Ends the pairing of a device with a patient.
	pub fn unpair_device(device: ParticipantId, patient: ParticipantId) -> Self {
		Self::participants("unpair_device", (device, patient))
	}

	/// Suspends a participant that the signer sponsors.
	pub fn suspend(id: ParticipantId) -> Self {
		Self::participants("suspend", id)
	}

	/// Reinstates a suspended or frozen participant, until `until` if that is given.
	pub fn reinstate(id: ParticipantId, until: Option<Moment>) -> Self {
		Self::participants("reinstate", (id, until))
	}

	/// Deactivates a participant for good.
	pub fn deactivate(id: ParticipantId) -> Self {
		Self::participants("deactivate", id)
	}

	/// Stops a participant at once; by itself or its sponsor.
	pub fn freeze(id: ParticipantId) -> Self {
		Self::participants("freeze", id)
	}

	/// Sets or lifts the end of a participant's activity.
	pub fn set_expiry(id: ParticipantId, until: Option<Moment>) -> Self {
		Self::participants("set_expiry", (id, until))
	}
}

/// Records.
impl Call {
	/// Anchors a record.
	pub fn anchor(record: &NewRecord) -> Self {
		Self::records("anchor", record)
	}

	/// Anchors several records, all or none.
	pub fn anchor_batch(records: &[NewRecord]) -> Self {
		Self::records("anchor_batch", records)
	}

	/// Anchors a record that corrects or replaces `old`, the head of its lineage.
	pub fn supersede(old: RecordId, record: &NewRecord) -> Self {
		Self::records("supersede", (old, record))
	}

	/// Hands records over to other centers, all or none.
	pub fn hand_over(records: &[HandOver]) -> Self {
		Self::records("hand_over", records)
	}
}

/// Consent.
impl Call {
	/// Asks a patient for a grant.
	pub fn request(patient: ParticipantId, terms: &GrantTerms, until: Option<Moment>) -> Self {
		Self::consent("request", (patient, terms, until))
	}

	/// Takes the signer's request to a patient back.
	pub fn cancel_request(patient: ParticipantId) -> Self {
		Self::consent("cancel_request", patient)
	}

	/// Declines a request made to the signing patient.
	pub fn decline_request(requester: ParticipantId) -> Self {
		Self::consent("decline_request", requester)
	}

	/// Grants access to the signing patient's records.
	pub fn grant(
		grantee: ParticipantId,
		terms: &GrantTerms,
		from: Option<Moment>,
		until: Option<Moment>,
	) -> Self {
		Self::consent("grant", (grantee, terms, from, until))
	}

	/// Changes a grant: a new generation with these terms.
	pub fn amend(grant: GrantId, terms: &GrantTerms, until: Option<Moment>) -> Self {
		Self::consent("amend", (grant, terms, until))
	}

	/// Withdraws a grant.
	pub fn withdraw(grant: GrantId) -> Self {
		Self::consent("withdraw", grant)
	}

	/// Excludes a participant from the signing patient's records.
	pub fn exclude(id: ParticipantId) -> Self {
		Self::consent("exclude", id)
	}

	/// Ends an exclusion.
	pub fn end_exclusion(id: ParticipantId) -> Self {
		Self::consent("end_exclusion", id)
	}
}
