//! What must hold in every state, whatever was called.

use alloc::{collections::BTreeMap, vec::Vec};
use codec::{EncodeLike, FullCodec};
use frame_support::{ensure, IterableStorageMap, StorageMap};
use sp_runtime::TryRuntimeError;
use ward_primitives::{participant::Condition, Interval, KeyRoles, ParticipantId, Role, Timeline};

use crate::{
	keys::{allowed_roles, signs_calls},
	timeline::Pair,
	ActingKeys, AffiliatedCenters, Affiliations, Care, Config, HealthAuthorities, Keys,
	NextParticipantId, Pairings, Pallet, Participants, PastActive, PastAffiliations, PastCare,
	PastPairings, Vaults,
};

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_participants()?;
		Self::check_health_authorities()?;
		Self::check_keys()?;
		Self::check_vaults()?;
		Self::check_affiliations()?;
		Self::check_relation::<PastCare<T>>(Care::<T>::iter(), |patient, center| {
			patient == Role::Patient && center == Role::MedicalCenter
		})?;
		Self::check_relation::<PastPairings<T>>(Pairings::<T>::iter(), |device, patient| {
			device == Role::Device && patient == Role::Patient
		})
	}

	fn role(id: ParticipantId) -> Result<Role, TryRuntimeError> {
		Ok(Participants::<T>::get(id).ok_or("reference to a participant that does not exist")?.role)
	}

	fn check_participants() -> Result<(), TryRuntimeError> {
		let mut count = 0u64;
		for (id, row) in Participants::<T>::iter() {
			count = count.saturating_add(1);
			ensure!(0 < id.0 && id.0 < NextParticipantId::<T>::get(), "number out of range");
			let sponsor_role = row.sponsor.map(Self::role).transpose()?;
			ensure!(sponsor_role == row.role.sponsor(), "sponsor of the wrong role");
			ensure!(row.sponsor.is_none_or(|sponsor| sponsor < id), "sponsor is not older");
			ensure!(
				row.condition == Condition::Active || row.active.latest.is_over(Self::now()),
				"stopped participant with a running interval"
			);
		}
		// With numbers in range and all different, the count shows that there are no gaps.
		ensure!(count == NextParticipantId::<T>::get().saturating_sub(1), "gap in the numbers");
		Self::check_timelines::<_, PastActive<T>>(
			Participants::<T>::iter().map(|(id, row)| (id, row.active)),
		)
	}

	fn check_health_authorities() -> Result<(), TryRuntimeError> {
		let mut admitted: Vec<ParticipantId> = Participants::<T>::iter()
			.filter_map(|(id, row)| (row.role == Role::HealthAuthority).then_some(id))
			.collect();
		// Numbers rise, so the order of admission is that of the numbers.
		admitted.sort();
		ensure!(
			HealthAuthorities::<T>::get().into_inner() == admitted,
			"health authorities miscounted"
		);
		Ok(())
	}

	fn check_keys() -> Result<(), TryRuntimeError> {
		let mut acting = BTreeMap::<ParticipantId, u32>::new();
		for (account, key) in Keys::<T>::iter() {
			let role = Self::role(key.participant)?;
			ensure!(key.roles.is_valid(), "key with invalid roles");
			ensure!(allowed_roles(role).contains(key.roles), "key with roles not allowed");
			ensure!(key.live.from <= Self::now(), "key from the future");
			ensure!(
				!signs_calls(key.roles) || frame_system::Pallet::<T>::providers(&account) > 0,
				"key without a provider reference"
			);
			if key.roles.contains(KeyRoles::ACT) && key.live.contains(Self::now()) {
				let count = acting.entry(key.participant).or_default();
				*count = count.saturating_add(1);
			}
		}
		let stored: BTreeMap<_, _> = ActingKeys::<T>::iter().collect();
		ensure!(acting == stored, "acting keys miscounted");
		ensure!(
			Participants::<T>::iter_keys().all(|id| acting.contains_key(&id)),
			"participant without a key that can act"
		);
		Ok(())
	}

	fn check_vaults() -> Result<(), TryRuntimeError> {
		for (center, vault) in Vaults::<T>::iter() {
			ensure!(Self::role(center)? == Role::MedicalCenter, "vault of no center");
			ensure!(vault.endpoint_is_valid(), "vault with an invalid endpoint");
			ensure!(vault.release_key_is_valid(), "vault with an invalid release key");
			let key = Keys::<T>::get(T::AccountId::from(vault.receipt_key))
				.ok_or("vault with an unknown receipt key")?;
			ensure!(
				key.participant == center && key.roles == KeyRoles::RECEIPT,
				"vault with another's receipt key"
			);
		}
		Ok(())
	}

	fn check_affiliations() -> Result<(), TryRuntimeError> {
		Self::check_relation::<PastAffiliations<T>>(
			Affiliations::<T>::iter(),
			|member, center| member.can_be_affiliated() && center == Role::MedicalCenter,
		)?;
		let mut listed: Vec<Pair> = AffiliatedCenters::<T>::iter()
			.flat_map(|(member, centers)| centers.into_iter().map(move |center| (member, center)))
			.collect();
		let mut related: Vec<Pair> = Affiliations::<T>::iter().map(|(m, c, _)| (m, c)).collect();
		listed.sort();
		related.sort();
		ensure!(listed == related, "affiliations and their lists differ");
		Ok(())
	}

	fn check_relation<Past>(
		rows: impl Iterator<Item = (ParticipantId, ParticipantId, Timeline)>,
		roles_fit: impl Fn(Role, Role) -> bool,
	) -> Result<(), TryRuntimeError>
	where
		Past: IterableStorageMap<(Pair, u32), Interval>
			+ StorageMap<(Pair, u32), Interval, Query = Option<Interval>>,
	{
		let rows: Vec<_> = rows.collect();
		for (one, other, _) in &rows {
			let fit = roles_fit(Self::role(*one)?, Self::role(*other)?);
			ensure!(fit, "relation between the wrong roles");
		}
		Self::check_timelines::<_, Past>(
			rows.into_iter().map(|(one, other, timeline)| ((one, other), timeline)),
		)
	}

	/// Each timeline has exactly its earlier generations, all over, in order and none in the future.
	fn check_timelines<Key, Past>(
		rows: impl Iterator<Item = (Key, Timeline)>,
	) -> Result<(), TryRuntimeError>
	where
		Key: FullCodec + EncodeLike + Copy,
		Past: IterableStorageMap<(Key, u32), Interval>
			+ StorageMap<(Key, u32), Interval, Query = Option<Interval>>,
	{
		let mut expected = 0usize;
		for (key, timeline) in rows {
			let mut ended_at = 0;
			for generation in 0..timeline.generation {
				let past = Past::get((key, generation)).ok_or("generation missing")?;
				ensure!(ended_at <= past.from, "generations overlap");
				ended_at = past.until.ok_or("earlier generation without an end")?;
				ensure!(past.from <= ended_at, "interval ends before it starts");
				expected = expected.saturating_add(1);
			}
			ensure!(ended_at <= timeline.latest.from, "latest generation overlaps");
			ensure!(timeline.latest.from <= Self::now(), "interval from the future");
		}
		ensure!(<Past as IterableStorageMap<_, _>>::iter().count() == expected, "stray generation");
		Ok(())
	}
}
