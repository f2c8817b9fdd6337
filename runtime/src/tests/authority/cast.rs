//! Who appears in the table: for each role somebody whom the calls concern, and somebody else.

use frame_support::{assert_ok, dispatch::DispatchResult};
use sp_core::{ed25519, Pair};
use sp_runtime::{traits::Dispatchable, MultiSignature};
use ward_primitives::{
	participant::{SealingSuite, VaultRow},
	proof::{Enrolment, KeyAttachment},
	KeyRoles, ParticipantId, Role,
};

use super::super::{account, chain, enrol, pair, sealing_key, signed, GENESIS};
use crate::{Authorities, Participants, RuntimeOrigin};

/// The roles that a key can have alone.
pub(super) const SINGLE_ROLES: [KeyRoles; 5] =
	[KeyRoles::ACT, KeyRoles::ENROL, KeyRoles::GOVERN, KeyRoles::RECEIPT, KeyRoles::WITNESS];

/// Keys with one role each.
#[derive(Default)]
pub(super) struct SingleKeys(Vec<(KeyRoles, ed25519::Pair)>);

impl SingleKeys {
	/// The key with this role, if its owner can have one.
	pub(super) fn get(&self, roles: KeyRoles) -> Option<&ed25519::Pair> {
		self.0.iter().find(|(has, _)| *has == roles).map(|(_, key)| key)
	}
}

/// A participant with its keys.
pub(super) struct Member {
	pub(super) id: ParticipantId,
	/// Who administers it; none for health authorities.
	sponsor: Option<ed25519::Pair>,
	/// The key with all roles that a participant of its role starts with.
	pub(super) main: ed25519::Pair,
	/// A key that had the same roles and is retired.
	pub(super) retired: ed25519::Pair,
	/// A live key that it does not use, to be retired.
	pub(super) spare: ed25519::Pair,
	/// Keys with one role each.
	pub(super) keys: SingleKeys,
}

/// Participants who have nothing to do with what the calls concern, one of each role.
pub(super) struct Others {
	pub(super) authority: Member,
	pub(super) center: Member,
	pub(super) practitioner: Member,
	pub(super) patient: Member,
	pub(super) device: Member,
	pub(super) researcher: Member,
}

/// Everybody.
pub(super) struct Cast {
	/// The founding health authority: a member of the council.
	pub(super) authority: Member,
	/// A founding center with a seat and a vault: a member of the council.
	pub(super) center: Member,
	/// Another founding center, with a seat: a member of the council.
	pub(super) neighbour: Member,
	/// A center that was granted a seat, has set session keys and has not taken the seat.
	pub(super) candidate: Member,
	/// Works for `center`.
	pub(super) practitioner: Member,
	/// Is in the care of `center`.
	pub(super) patient: Member,
	/// Is paired with `patient`.
	pub(super) device: Member,
	/// Enrolled by `center`.
	pub(super) researcher: Member,
	/// Enrolled by `center`, not paired.
	pub(super) spare_device: Member,
	/// Works for `neighbour`.
	pub(super) colleague: Member,
	/// One of each kind that is suspended.
	pub(super) stopped_authority: Member,
	pub(super) stopped_center: Member,
	pub(super) stopped_practitioner: Member,
	pub(super) others: Others,
	/// A key that is not on the chain.
	pub(super) unknown: ed25519::Pair,
}

/// The keys of the founding health authority and of the two founding centers.
pub(super) fn founders() -> (ed25519::Pair, Vec<ed25519::Pair>) {
	(pair(1), vec![pair(2), pair(3)])
}

/// Makes keys that nobody has yet.
struct Keys(u8);

impl Keys {
	fn next(&mut self) -> ed25519::Pair {
		self.0 += 1;
		pair(self.0)
	}
}

/// Attaches `key` to the member.
pub(super) fn attach(member: &Member, key: &ed25519::Pair, roles: KeyRoles) -> DispatchResult {
	attach_to(member.id, &member.main, key, roles)
}

fn attach_to(
	id: ParticipantId,
	by: &ed25519::Pair,
	key: &ed25519::Pair,
	roles: KeyRoles,
) -> DispatchResult {
	let (valid_until, proof) = attachment(id, key, roles);
	Participants::attach_key(signed(by), account(key), roles, valid_until, proof)
}

/// A key's word that it wants to be attached, and until when it counts.
pub(super) fn attachment(
	participant: ParticipantId,
	key: &ed25519::Pair,
	roles: KeyRoles,
) -> (u64, MultiSignature) {
	let valid_until = chain::now() + 3_600_000;
	let bytes = key.public().0;
	let proof = KeyAttachment { genesis: GENESIS, participant, key: bytes, roles, valid_until };
	(valid_until, MultiSignature::Ed25519(key.sign(&proof.message())))
}

/// A newcomer's word that it wants to be enrolled, and until when it counts.
pub(super) fn enrolment(
	sponsor: ParticipantId,
	key: &ed25519::Pair,
	role: Role,
) -> (u64, MultiSignature) {
	let valid_until = chain::now() + 3_600_000;
	let proof = Enrolment {
		genesis: GENESIS,
		sponsor,
		role,
		account: key.public().0,
		sealing_key: sealing_key(),
		care: false,
		valid_until,
	};
	(valid_until, MultiSignature::Ed25519(key.sign(&proof.message())))
}

/// The row of a vault whose receipts `center` signs with its receipt key.
pub(super) fn vault(center: &Member) -> VaultRow {
	let receipt_key = center.keys.get(KeyRoles::RECEIPT).expect("centers have receipt keys");
	VaultRow {
		endpoint: b"https://vault.example".to_vec().try_into().expect("short"),
		receipt_key: receipt_key.public().0,
		release_suite: SealingSuite::XWing,
		release_key: vec![9; 1_216].try_into().expect("one key"),
	}
}

impl Member {
	/// A participant that is on the chain already, with its further keys.
	fn equipped(
		id: ParticipantId,
		main: ed25519::Pair,
		sponsor: Option<ed25519::Pair>,
		keys: &mut Keys,
	) -> Self {
		let roles = Participants::key(account(&main)).expect("the main key is known").roles;
		let (retired, spare) = (keys.next(), keys.next());
		for key in [&retired, &spare] {
			assert_ok!(attach_to(id, &main, key, roles));
		}
		assert_ok!(Participants::retire_key(signed(&main), account(&retired)));
		let role = Participants::participant(id).expect("it is on the chain").role;
		let allowed: &[KeyRoles] = match role {
			Role::MedicalCenter => &SINGLE_ROLES,
			Role::HealthAuthority => &SINGLE_ROLES[..3],
			_ => &SINGLE_ROLES[..1],
		};
		let mut single = SingleKeys::default();
		for roles in allowed {
			let key = keys.next();
			assert_ok!(attach_to(id, &main, &key, *roles));
			single.0.push((*roles, key));
		}
		Self { id, sponsor, main, retired, spare, keys: single }
	}

	/// Enrols somebody.
	fn sponsored(sponsor: &Self, role: Role, care: bool, keys: &mut Keys) -> Self {
		let main = keys.next();
		let id = enrol(signed(&sponsor.main), sponsor.id, &main, role, care);
		Self::equipped(id, main, Some(sponsor.main), keys)
	}

	/// Admits a health authority.
	fn admitted(keys: &mut Keys) -> Self {
		let main = keys.next();
		let id =
			ParticipantId(pallet_ward_participants::NextParticipantId::<crate::Runtime>::get());
		let consortium = pallet_ward_participants::CONSORTIUM;
		let (valid_until, proof) = enrolment(consortium, &main, Role::HealthAuthority);
		assert_ok!(Participants::admit_health_authority(
			RuntimeOrigin::root(),
			account(&main),
			sealing_key(),
			valid_until,
			proof,
		));
		Self::equipped(id, main, None, keys)
	}
}

impl Cast {
	/// Enrols everybody.
	pub(super) fn assemble() -> Self {
		let mut keys = Keys(10);
		let (authority_key, centers) = founders();
		let authority = Member::equipped(ParticipantId(1), authority_key, None, &mut keys);
		let mut founder = |id, key: &ed25519::Pair| {
			let sponsor = Some(authority_key);
			Member::equipped(ParticipantId(id), *key, sponsor, &mut keys)
		};
		let (center, neighbour) = (founder(2, &centers[0]), founder(3, &centers[1]));
		assert_ok!(Participants::set_vault(signed(&center.main), vault(&center)));

		let keys = &mut keys;
		let practitioner = Member::sponsored(&center, Role::Practitioner, false, keys);
		let patient = Member::sponsored(&center, Role::Patient, true, keys);
		let device = Member::sponsored(&center, Role::Device, false, keys);
		assert_ok!(Participants::pair_device(signed(&patient.main), device.id, patient.id));
		let stopped_authority = Member::admitted(keys);
		let stopped_center = Member::sponsored(&authority, Role::MedicalCenter, false, keys);
		let stopped_practitioner = Member::sponsored(&center, Role::Practitioner, false, keys);
		let candidate = Member::sponsored(&authority, Role::MedicalCenter, false, keys);
		let node = chain::set_keys(&chain::authority_keys(100), &candidate.main);
		assert_ok!(node.dispatch(signed(&candidate.main)).map_err(|failed| failed.error));
		assert_ok!(Authorities::grant_seat(RuntimeOrigin::root(), candidate.id));
		let other_authority = Member::admitted(keys);
		let other_center = Member::sponsored(&other_authority, Role::MedicalCenter, false, keys);
		let mut other = |role| Member::sponsored(&other_center, role, false, keys);
		let others = Others {
			practitioner: other(Role::Practitioner),
			patient: other(Role::Patient),
			device: other(Role::Device),
			researcher: other(Role::Researcher),
			authority: other_authority,
			center: other_center,
		};
		let cast = Self {
			researcher: Member::sponsored(&center, Role::Researcher, false, keys),
			spare_device: Member::sponsored(&center, Role::Device, false, keys),
			colleague: Member::sponsored(&neighbour, Role::Practitioner, false, keys),
			unknown: keys.next(),
			authority,
			center,
			neighbour,
			candidate,
			practitioner,
			patient,
			device,
			stopped_authority,
			stopped_center,
			stopped_practitioner,
			others,
		};
		for stopped in [&cast.stopped_practitioner, &cast.stopped_center, &cast.stopped_authority] {
			assert_ok!(Participants::suspend(cast.administrator(stopped), stopped.id));
		}
		cast
	}

	/// Who may suspend the member.
	pub(super) fn administrator(&self, member: &Member) -> RuntimeOrigin {
		member.sponsor.as_ref().map_or(RuntimeOrigin::root(), signed)
	}

	/// The rightful caller of a row. Where that has no key (Root, the council, a block's author, a
	/// node), the columns about its keys and its condition are about the center.
	pub(super) fn caller(&self, by: &str) -> &Member {
		match by {
			"authority" => &self.authority,
			"center" | "root" | "council" | "author" | "node" | "nobody" => &self.center,
			"candidate" => &self.candidate,
			"practitioner" => &self.practitioner,
			"patient" => &self.patient,
			"device" => &self.device,
			"researcher" => &self.researcher,
			other => panic!("{other} is no caller"),
		}
	}

	/// One of each role.
	pub(super) fn callers(&self) -> [&Member; 6] {
		["authority", "center", "practitioner", "patient", "device", "researcher"]
			.map(|by| self.caller(by))
	}
}
