//! Breaches of consensus: how they are proved, and what follows.
//!
//! Who signs two blocks for one slot, or two votes in one round, either runs the same keys on two
//! machines or wants to deceive. There is no stake to slash: the seat is suspended, and the council
//! decides after it has talked to the center.

use alloc::{boxed::Box, vec, vec::Vec};
use codec::Encode;
use core::marker::PhantomData;
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	pallet_prelude::{InvalidTransaction, ValidTransaction, Weight},
	traits::{Get, KeyOwnerProofSystem, Time},
};
use frame_system::{
	offchain::{CreateAuthorizedTransaction, SubmitTransaction},
	pallet_prelude::HeaderFor,
};
use pallet_session::historical::Pallet as Historical;
use sp_consensus_aura::{
	digests::CompatibleDigestItem,
	sr25519::{AuthorityId, AuthoritySignature},
};
use sp_consensus_slots::{EquivocationProof, Slot};
use sp_runtime::{
	key_types::AURA,
	traits::Header,
	transaction_validity::{TransactionPriority, TransactionValidityWithRefund},
	Digest, DispatchError, Perbill, RuntimeAppPublic,
};
use sp_session::MembershipProof;
use sp_staking::{
	offence::{Kind, Offence, OffenceError, ReportOffence},
	SessionIndex,
};
use ward_primitives::{
	seat::{Breach, Suspension},
	ParticipantId,
};

use crate::{Call, Config, Error, Event, Pallet, SeatId, Seats, SessionStarts};

/// Two sealed headers of one author for one slot.
pub type DoubleAuthoringProof<T> = EquivocationProof<HeaderFor<T>, AuthorityId>;

/// A seat as the history of sessions knows it.
pub type Offender = (SeatId, ());

/// Two blocks for one slot.
pub struct DoubleAuthoring {
	/// The slot.
	pub slot: Slot,
	/// The session of the slot.
	pub session: SessionIndex,
	/// How many seats there were.
	pub seats: u32,
	/// Who did it.
	pub offender: Offender,
}

/// The name of [`DoubleAuthoring`] among offences.
pub const DOUBLE_AUTHORING: Kind = *b"aura:equivocatio";

impl Offence<Offender> for DoubleAuthoring {
	const ID: Kind = DOUBLE_AUTHORING;
	type Slot = Slot;

	fn offenders(&self) -> Vec<Offender> {
		vec![self.offender]
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		self.seats
	}

	fn slot(&self) -> Slot {
		self.slot
	}

	// Nothing is at stake on this chain.
	fn slash_fraction(&self, _: u32) -> Perbill {
		Perbill::zero()
	}
}

/// Reports an offence to `Offences`, which knows whether it is new, and suspends the seats if it is.
///
/// This stands before `pallet-offences` and not behind it as its handler, since a handler is told
/// neither of what kind an offence is nor which of the offenders are new.
pub struct SuspendOffenders<T, Offences>(PhantomData<(T, Offences)>);

impl<T, Offences, O> ReportOffence<T::AccountId, Offender, O> for SuspendOffenders<T, Offences>
where
	T: Config,
	Offences: ReportOffence<T::AccountId, Offender, O>,
	O: Offence<Offender>,
{
	fn report_offence(reporters: Vec<T::AccountId>, offence: O) -> Result<(), OffenceError> {
		let (offenders, session) = (offence.offenders(), offence.session_index());
		let breach = match O::ID {
			DOUBLE_AUTHORING => Breach::DoubleAuthoring,
			_ => Breach::DoubleVoting,
		};
		Offences::report_offence(reporters, offence)?;
		for (seat, ()) in offenders {
			Pallet::<T>::suspend(seat.0, breach, session);
		}
		Ok(())
	}

	/// Also known is whatever a seat did that is suspended already: one proof is enough.
	fn is_known_offence(offenders: &[Offender], slot: &O::Slot) -> bool {
		let is_suspended = |(seat, ()): &Offender| {
			Seats::<T>::get(seat.0).is_none_or(|seat| seat.suspension.is_some())
		};
		offenders.iter().all(is_suspended) || Offences::is_known_offence(offenders, slot)
	}
}

/// The slot that a digest claims.
pub(crate) fn slot_in(digest: &Digest) -> Option<Slot> {
	let pre_digest = |item| CompatibleDigestItem::<AuthoritySignature>::as_aura_pre_digest(item);
	digest.logs().iter().find_map(pre_digest)
}

/// The slot that a header claims, if `author` sealed it.
fn sealed_slot<H: Header>(mut header: H, author: &AuthorityId) -> Option<Slot> {
	let seal: AuthoritySignature = header.digest_mut().pop()?.as_aura_seal()?;
	let slot = slot_in(header.digest())?;
	author.verify(&header.hash(), &seal).then_some(slot)
}

/// Whether the two headers are different blocks that the offender sealed for the slot.
fn is_double_authoring<T: Config>(proof: &DoubleAuthoringProof<T>) -> bool {
	let sealed = |header: &HeaderFor<T>| sealed_slot(header.clone(), &proof.offender);
	proof.first_header.hash() != proof.second_header.hash()
		&& sealed(&proof.first_header) == Some(proof.slot)
		&& sealed(&proof.second_header) == Some(proof.slot)
}

impl<T: Config> Pallet<T> {
	/// Whether `slot` belongs to that session. The slot in which one session follows another belongs
	/// to both.
	fn is_slot_of(slot: Slot, session: SessionIndex) -> bool {
		let start = SessionStarts::<T>::get(session);
		let end = SessionStarts::<T>::get(session.saturating_add(1));
		start.is_some_and(|start| start <= slot) && end.is_none_or(|end| slot <= end)
	}

	/// The offence that the two proofs show.
	///
	/// The cheap questions come first: signatures are verified when everything else is right.
	pub(crate) fn check_double_authoring(
		proof: &DoubleAuthoringProof<T>,
		owner: &MembershipProof,
	) -> Result<DoubleAuthoring, DispatchError> {
		ensure!(Self::is_slot_of(proof.slot, owner.session), Error::<T>::InvalidKeyOwnershipProof);
		let offender = Historical::<T>::check_proof((AURA, proof.offender.clone()), owner.clone())
			.ok_or(Error::<T>::InvalidKeyOwnershipProof)?;
		let is_known = <T::Offences as ReportOffence<_, _, DoubleAuthoring>>::is_known_offence(
			&[offender],
			&proof.slot,
		);
		ensure!(!is_known, Error::<T>::DuplicateReport);
		ensure!(is_double_authoring::<T>(proof), Error::<T>::InvalidEquivocationProof);
		Ok(DoubleAuthoring {
			slot: proof.slot,
			session: owner.session,
			seats: owner.validator_count,
			offender,
		})
	}

	/// Whether a report may enter the pool and blocks: all of it is checked here, since nobody signs
	/// for it.
	pub(crate) fn authorize_report(
		proof: &DoubleAuthoringProof<T>,
		owner: &MembershipProof,
	) -> TransactionValidityWithRefund {
		let offence = Self::check_double_authoring(proof, owner).map_err(|error| {
			match error == Error::<T>::DuplicateReport.into() {
				true => InvalidTransaction::Stale,
				false => InvalidTransaction::BadProof,
			}
		})?;
		let valid = ValidTransaction::with_tag_prefix("WardDoubleAuthoring")
			.priority(TransactionPriority::MAX)
			.and_provides((offence.offender, offence.slot).encode())
			.longevity(u64::from(T::MaxSessionLength::get()))
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// See the call `report_double_authoring`.
	pub(crate) fn do_report(
		proof: &DoubleAuthoringProof<T>,
		owner: &MembershipProof,
	) -> DispatchResult {
		let offence = Self::check_double_authoring(proof, owner)?;
		T::Offences::report_offence(Vec::new(), offence)
			.map_err(|_| Error::<T>::DuplicateReport)?;
		Ok(())
	}

	/// Hands a report to the transaction pool of the node that executes this. Whether it was taken.
	pub fn submit_report(proof: DoubleAuthoringProof<T>, owner: MembershipProof) -> bool
	where
		T: CreateAuthorizedTransaction<Call<T>>,
	{
		let equivocation_proof = Box::new(proof);
		let call = Call::report_double_authoring { equivocation_proof, key_owner_proof: owner };
		let report = T::create_authorized_transaction(call.into());
		SubmitTransaction::<T, Call<T>>::submit_transaction(report).is_ok()
	}

	/// Suspends a seat for a breach, unless it is gone or suspended already.
	fn suspend(center: ParticipantId, breach: Breach, session: SessionIndex) {
		let is_new = Seats::<T>::mutate(center, |row| match row {
			Some(seat) if seat.suspension.is_none() => {
				let at = <T as Config>::Time::now();
				seat.suspension = Some(Suspension { breach, session, at });
				true
			},
			_ => false,
		});
		if is_new {
			Self::deposit_event(Event::SeatSuspended { center, session, breach });
			Self::seats_changed(center);
		}
	}
}
