//! Who pays for a transaction, and how much it costs.

use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::{Get, Time},
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use ward_primitives::{refusal::Refusal, KeyRoles, ParticipantId};

use crate::{Bucket, Buckets, Config, KeyLookup, Limits, SponsorBuckets};

/// Whose buckets a transaction is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payer {
	/// Whose key signed.
	pub participant: ParticipantId,
	/// Who answers for the participant; none for those that the consortium admitted.
	pub sponsor: Option<ParticipantId>,
}

pub(crate) fn refuse(refusal: Refusal) -> TransactionValidityError {
	InvalidTransaction::Custom(refusal.code()).into()
}

/// The owner of `account`, if `account` is a live key that may sign calls.
pub(crate) fn signer<T: Config>(
	account: &T::AccountId,
) -> Result<ParticipantId, TransactionValidityError> {
	let key = T::Keys::key(account).ok_or_else(|| refuse(Refusal::UnknownKey))?;
	if !key.live.contains(T::Time::now()) {
		return Err(refuse(Refusal::RetiredKey));
	}
	// A receipt key's signature is a custodian's word, and a witness key's a witness's, in a vault's
	// request and inside of a report; neither must ever mean anything else.
	if KeyRoles::UNATTENDED.contains(key.roles) {
		return Err(refuse(Refusal::KeyCannotCall));
	}
	Ok(key.participant)
}

/// What a transaction costs at most: its worst-case weight and its length.
pub(crate) fn highest_cost<T: Config>(info: &DispatchInfo, len: usize) -> u64 {
	info.total_weight().ref_time().saturating_add(fixed_cost::<T>(info, len))
}

/// What it cost after all.
pub(crate) fn actual_cost<T: Config>(
	info: &DispatchInfo,
	post_info: &PostDispatchInfo,
	len: usize,
) -> u64 {
	post_info.calc_actual_weight(info).ref_time().saturating_add(fixed_cost::<T>(info, len))
}

/// The part of the cost that does not depend on what the call does.
fn fixed_cost<T: Config>(info: &DispatchInfo, len: usize) -> u64 {
	let base = T::BlockWeights::get().get(info.class).base_extrinsic.ref_time();
	let len = u64::try_from(len).unwrap_or(u64::MAX);
	base.saturating_add(T::CostPerByte::get().saturating_mul(len))
}

impl Payer {
	pub(crate) fn of<T: Config>(participant: ParticipantId) -> Self {
		Self { participant, sponsor: T::Keys::sponsor(participant) }
	}

	/// What the payer can spend now: what the emptier of the two buckets holds.
	pub(crate) fn available<T: Config>(&self) -> u64 {
		let own = participant_bucket::<T>(self.participant).level;
		self.sponsor.map_or(own, |sponsor| own.min(sponsor_bucket::<T>(sponsor).level))
	}

	/// Takes `cost` from both buckets, or nothing from either if one holds less.
	pub(crate) fn debit<T: Config>(&self, cost: u64) -> Result<(), TransactionValidityError> {
		let exhausted = || refuse(Refusal::QuotaExhausted);
		let own = participant_bucket::<T>(self.participant).take(cost).ok_or_else(exhausted)?;
		if let Some(sponsor) = self.sponsor {
			let shared = sponsor_bucket::<T>(sponsor).take(cost).ok_or_else(exhausted)?;
			SponsorBuckets::<T>::insert(sponsor, shared);
		}
		Buckets::<T>::insert(self.participant, own);
		Ok(())
	}

	/// Takes `cost` from both buckets, as far as they hold that much.
	pub(crate) fn drain<T: Config>(&self, cost: u64) {
		self.update::<T>(|bucket, _| bucket.drain(cost));
	}

	/// Puts `amount` back into both buckets.
	pub(crate) fn refund<T: Config>(&self, amount: u64) {
		self.update::<T>(|bucket, limits| bucket.give(limits, amount));
	}

	fn update<T: Config>(&self, change: impl Fn(Bucket, Limits) -> Bucket) {
		let own = participant_bucket::<T>(self.participant);
		Buckets::<T>::insert(self.participant, change(own, participant_limits::<T>()));
		if let Some(sponsor) = self.sponsor {
			let shared = sponsor_bucket::<T>(sponsor);
			SponsorBuckets::<T>::insert(sponsor, change(shared, sponsor_limits::<T>()));
		}
	}
}

pub(crate) fn participant_limits<T: Config>() -> Limits {
	Limits { capacity: T::ParticipantCapacity::get(), refill: T::ParticipantRefill::get() }
}

pub(crate) fn sponsor_limits<T: Config>() -> Limits {
	Limits { capacity: T::SponsorCapacity::get(), refill: T::SponsorRefill::get() }
}

/// A participant's own bucket as it is now. Who has none has spent nothing yet.
pub(crate) fn participant_bucket<T: Config>(id: ParticipantId) -> Bucket {
	as_of_now::<T>(Buckets::<T>::get(id), participant_limits::<T>())
}

/// The bucket of all that `id` sponsors, as it is now.
pub(crate) fn sponsor_bucket<T: Config>(id: ParticipantId) -> Bucket {
	as_of_now::<T>(SponsorBuckets::<T>::get(id), sponsor_limits::<T>())
}

fn as_of_now<T: Config>(stored: Option<Bucket>, limits: Limits) -> Bucket {
	let now = T::Time::now();
	stored.map_or_else(|| Bucket::full(limits, now), |bucket| bucket.refilled(limits, now))
}
