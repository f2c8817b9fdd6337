//! Benchmarks of every call, each in its worst case.

#![cfg(feature = "runtime-benchmarks")]

use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_runtime::{KeyTypeId, MultiSignature};
use ward_primitives::{
	participant::{SealingKey, SealingSuite, MAX_ENDPOINT_LEN},
	proof::{Enrolment, KeyAttachment},
	KeyBytes, KeyRoles, Moment, ParticipantId, Role, VaultRow,
};

use crate::{
	enrolment::{Newcomer, CONSORTIUM},
	AffiliatedCenters, Affiliations, Call, Config, Event, HealthAuthorities, NextParticipantId,
	Pallet,
};

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"bnch");

const SEALING_KEY: SealingKey = SealingKey { suite: SealingSuite::XWing, digest: [1; 32] };

/// A participant and its first key.
struct Party<T: Config> {
	id: ParticipantId,
	key: T::AccountId,
}

impl<T: Config> Party<T> {
	/// Enrols somebody without a proof.
	fn enrol(
		name: &'static str,
		role: Role,
		sponsor: Option<ParticipantId>,
	) -> Result<Self, BenchmarkError> {
		let key: T::AccountId = account(name, 0, 0);
		let account = key.clone();
		let newcomer = Newcomer { role, sponsor, account, sealing_key: SEALING_KEY, care: false };
		Ok(Self { id: Pallet::<T>::do_enrol(newcomer)?, key })
	}

	fn origin(&self) -> RawOrigin<T::AccountId> {
		RawOrigin::Signed(self.key.clone())
	}
}

/// A health authority with a center.
fn center<T: Config>() -> Result<(Party<T>, Party<T>), BenchmarkError> {
	let authority = Party::enrol("authority", Role::HealthAuthority, None)?;
	let center = Party::enrol("center", Role::MedicalCenter, Some(authority.id))?;
	Ok((authority, center))
}

/// A center with a member of this role.
fn member<T: Config>(role: Role) -> Result<(Party<T>, Party<T>), BenchmarkError> {
	let (_, center) = center::<T>()?;
	let member = Party::enrol("member", role, Some(center.id))?;
	Ok((center, member))
}

/// Sets the scene for the benchmarks.
pub trait BenchmarkHelper {
	/// Makes it as dear as it can be to find out whether the administrator alone may stop a center.
	fn count_with(center: ParticipantId);
}

impl BenchmarkHelper for () {
	fn count_with(_: ParticipantId) {}
}

/// A center and its administrator. The council follows the standing of centers, and what it writes
/// costs more than the row that a longer way up to the administrator of a practitioner reads.
fn administered<T: Config>() -> Result<(Party<T>, ParticipantId), BenchmarkError> {
	let (authority, center) = center::<T>()?;
	T::BenchmarkHelper::count_with(center.id);
	Ok((authority, center.id))
}

/// A new key and its signature over the message that `message` makes for it.
fn signed_by_new_key<T>(
	message: impl FnOnce(KeyBytes) -> Vec<u8>,
) -> Result<(T::AccountId, T::Signature), BenchmarkError>
where
	T: Config<Signature: From<MultiSignature>>,
{
	let public = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
	let signature = sp_io::crypto::sr25519_sign(KEY_TYPE, &public, &message(public.0))
		.ok_or("the keystore has the key that it made")?;
	Ok((public.0.into(), MultiSignature::Sr25519(signature).into()))
}

/// A proof of enrolment by a new key.
fn enrolment<T>(
	sponsor: ParticipantId,
	role: Role,
	valid_until: Moment,
) -> Result<(T::AccountId, T::Signature), BenchmarkError>
where
	T: Config<Signature: From<MultiSignature>>,
{
	signed_by_new_key::<T>(|account| {
		Enrolment {
			genesis: Pallet::<T>::genesis_hash(),
			sponsor,
			role,
			account,
			sealing_key: SEALING_KEY,
			care: false,
			valid_until,
		}
		.message()
	})
}

/// A proof of attachment by a new key.
fn attachment<T>(
	participant: ParticipantId,
	roles: KeyRoles,
	valid_until: Moment,
) -> Result<(T::AccountId, T::Signature), BenchmarkError>
where
	T: Config<Signature: From<MultiSignature>>,
{
	signed_by_new_key::<T>(|key| {
		let genesis = Pallet::<T>::genesis_hash();
		KeyAttachment { genesis, participant, key, roles, valid_until }.message()
	})
}

fn latest_validity<T: Config>() -> Moment {
	Pallet::<T>::now().saturating_add(T::MaxProofValidity::get())
}

fn assert_last_event<T: Config>(event: Event<T>) {
	frame_system::Pallet::<T>::assert_last_event(<T as frame_system::Config>::RuntimeEvent::from(
		event,
	));
}

#[benchmarks(where T::Signature: From<MultiSignature>)]
mod calls {
	use super::*;

	/// A practitioner, whose affiliation writes more than a patient's care or a center's place in the
	/// council.
	#[benchmark]
	fn enrol() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;
		let role = Role::Practitioner;
		let valid_until = latest_validity::<T>();
		let (account, proof) = enrolment::<T>(center.id, role, valid_until)?;
		let member = ParticipantId(NextParticipantId::<T>::get());

		#[extrinsic_call]
		_(center.origin(), role, account, SEALING_KEY, false, valid_until, proof);

		let center = center.id;
		assert_last_event::<T>(Event::AffiliationOpened { member, center, generation: 0 });
		Ok(())
	}

	/// The last one that can be admitted.
	#[benchmark]
	fn admit_health_authority() -> Result<(), BenchmarkError> {
		let former = (1..T::MaxHealthAuthorities::get()).map(|n| ParticipantId(u64::from(n)));
		HealthAuthorities::<T>::put(
			BoundedVec::try_from(former.collect::<Vec<_>>()).map_err(|_| "one is free")?,
		);
		let origin =
			T::AdmitOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
		let role = Role::HealthAuthority;
		let valid_until = latest_validity::<T>();
		let (account, proof) = enrolment::<T>(CONSORTIUM, role, valid_until)?;
		let participant = ParticipantId(NextParticipantId::<T>::get());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, account.clone(), SEALING_KEY, valid_until, proof);

		assert_last_event::<T>(Event::Enrolled { participant, role, sponsor: None, account });
		Ok(())
	}

	/// A key that acts is counted and gets an account.
	#[benchmark]
	fn attach_key() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;
		let roles = KeyRoles::MAIN;
		let valid_until = latest_validity::<T>();
		let (key, proof) = attachment::<T>(center.id, roles, valid_until)?;

		#[extrinsic_call]
		_(center.origin(), key.clone(), roles, valid_until, proof);

		assert_last_event::<T>(Event::KeyAttached { participant: center.id, key, roles });
		Ok(())
	}

	#[benchmark]
	fn retire_key() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;
		let key: T::AccountId = account("spare", 0, 0);
		Pallet::<T>::map_key(&key, center.id, KeyRoles::ACT);

		#[extrinsic_call]
		_(center.origin(), key.clone());

		assert_last_event::<T>(Event::KeyRetired { participant: center.id, key });
		Ok(())
	}

	#[benchmark]
	fn rotate_key() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;
		let valid_until = latest_validity::<T>();
		let (key, proof) = attachment::<T>(center.id, KeyRoles::MAIN, valid_until)?;

		#[extrinsic_call]
		_(center.origin(), key, valid_until, proof);

		assert_last_event::<T>(Event::KeyRetired { participant: center.id, key: center.key });
		Ok(())
	}

	#[benchmark]
	fn set_sealing_key() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;

		#[extrinsic_call]
		_(center.origin(), SEALING_KEY);

		let (participant, sealing_key) = (center.id, SEALING_KEY);
		assert_last_event::<T>(Event::SealingKeySet { participant, sealing_key });
		Ok(())
	}

	/// A row with the longest endpoint.
	#[benchmark]
	fn set_vault() -> Result<(), BenchmarkError> {
		let (_, center) = center::<T>()?;
		let receipt_key = [7; 32];
		Pallet::<T>::map_key(&receipt_key.into(), center.id, KeyRoles::RECEIPT);
		let mut endpoint = b"https://".to_vec();
		endpoint.resize(MAX_ENDPOINT_LEN as usize, b'a');
		let release_suite = SealingSuite::XWing;
		let row = VaultRow {
			endpoint: endpoint.try_into().map_err(|_| "the endpoint has the longest length")?,
			receipt_key,
			release_suite,
			release_key: vec![1; release_suite.public_key_len()]
				.try_into()
				.map_err(|_| "a suite's key fits")?,
		};

		#[extrinsic_call]
		_(center.origin(), row);

		assert_last_event::<T>(Event::VaultSet { center: center.id });
		Ok(())
	}

	/// The last center that a member can be affiliated with.
	#[benchmark]
	fn affiliate() -> Result<(), BenchmarkError> {
		let (center, member) = member::<T>(Role::Practitioner)?;
		AffiliatedCenters::<T>::try_mutate(member.id, |centers| {
			let former =
				(1..T::MaxAffiliations::get()).map(|n| ParticipantId(u64::MAX - u64::from(n)));
			*centers = former.collect::<Vec<_>>().try_into().map_err(|_| "one is free")?;
			Ok::<_, &str>(())
		})?;
		Affiliations::<T>::remove(member.id, center.id);

		#[extrinsic_call]
		_(center.origin(), member.id);

		let (member, center) = (member.id, center.id);
		assert_last_event::<T>(Event::AffiliationOpened { member, center, generation: 0 });
		Ok(())
	}

	#[benchmark]
	fn end_affiliation() -> Result<(), BenchmarkError> {
		let (center, member) = member::<T>(Role::Practitioner)?;

		#[extrinsic_call]
		_(center.origin(), member.id, center.id);

		let (member, center) = (member.id, center.id);
		assert_last_event::<T>(Event::AffiliationEnded { member, center });
		Ok(())
	}

	/// Care that opens again files its earlier interval.
	#[benchmark]
	fn open_care() -> Result<(), BenchmarkError> {
		let (center, patient) = member::<T>(Role::Patient)?;
		Pallet::<T>::do_open_care(patient.id, center.id)?;
		Pallet::<T>::do_end_care(patient.id, center.id)?;

		#[extrinsic_call]
		_(patient.origin(), center.id);

		let (patient, center) = (patient.id, center.id);
		assert_last_event::<T>(Event::CareOpened { patient, center, generation: 1 });
		Ok(())
	}

	#[benchmark]
	fn end_care() -> Result<(), BenchmarkError> {
		let (center, patient) = member::<T>(Role::Patient)?;
		Pallet::<T>::do_open_care(patient.id, center.id)?;

		#[extrinsic_call]
		_(center.origin(), patient.id, center.id);

		assert_last_event::<T>(Event::CareEnded { patient: patient.id, center: center.id });
		Ok(())
	}

	/// By the center, whose care is read, and not for the first time.
	#[benchmark]
	fn pair_device() -> Result<(), BenchmarkError> {
		let (center, patient) = member::<T>(Role::Patient)?;
		let device: Party<T> = Party::enrol("device", Role::Device, Some(center.id))?;
		Pallet::<T>::do_open_care(patient.id, center.id)?;
		Pallet::<T>::do_pair(device.id, patient.id)?;
		Pallet::<T>::do_unpair(device.id, patient.id)?;

		#[extrinsic_call]
		_(center.origin(), device.id, patient.id);

		let (device, patient) = (device.id, patient.id);
		assert_last_event::<T>(Event::DevicePaired { device, patient, generation: 1 });
		Ok(())
	}

	/// By the center, which is looked for last.
	#[benchmark]
	fn unpair_device() -> Result<(), BenchmarkError> {
		let (center, patient) = member::<T>(Role::Patient)?;
		let device: Party<T> = Party::enrol("device", Role::Device, Some(center.id))?;
		Pallet::<T>::do_pair(device.id, patient.id)?;

		#[extrinsic_call]
		_(center.origin(), device.id, patient.id);

		assert_last_event::<T>(Event::DeviceUnpaired { device: device.id, patient: patient.id });
		Ok(())
	}

	#[benchmark]
	fn suspend() -> Result<(), BenchmarkError> {
		let (authority, participant) = administered::<T>()?;

		#[extrinsic_call]
		_(authority.origin(), participant);

		assert_last_event::<T>(Event::Suspended { participant });
		Ok(())
	}

	#[benchmark]
	fn reinstate() -> Result<(), BenchmarkError> {
		let (authority, participant) = administered::<T>()?;
		Pallet::<T>::suspend(authority.origin().into(), participant)?;
		let until = Some(latest_validity::<T>());

		#[extrinsic_call]
		_(authority.origin(), participant, until);

		assert_last_event::<T>(Event::Reinstated { participant, until });
		Ok(())
	}

	#[benchmark]
	fn deactivate() -> Result<(), BenchmarkError> {
		let (authority, participant) = administered::<T>()?;

		#[extrinsic_call]
		_(authority.origin(), participant);

		assert_last_event::<T>(Event::Deactivated { participant });
		Ok(())
	}

	#[benchmark]
	fn freeze() -> Result<(), BenchmarkError> {
		let (authority, participant) = administered::<T>()?;

		#[extrinsic_call]
		_(authority.origin(), participant);

		assert_last_event::<T>(Event::Frozen { participant });
		Ok(())
	}

	#[benchmark]
	fn set_expiry() -> Result<(), BenchmarkError> {
		let (authority, participant) = administered::<T>()?;
		let until = Some(latest_validity::<T>());

		#[extrinsic_call]
		_(authority.origin(), participant, until);

		assert_last_event::<T>(Event::ExpirySet { participant, until });
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
