//! What can be done to the registry from outside.

use frame_support::pallet_macros::pallet_section;

/// The calls, which the pallet imports.
#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register a newcomer that signed for it, and become its sponsor.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `enrol` role of an active participant that may sponsor `role`: a
		/// health authority for medical centers, a medical center for everybody else.
		///
		/// ## Details
		///
		/// `proof` is the newcomer's signature over the enrolment message with these arguments, the
		/// genesis hash and the sponsor's number. The newcomer's key needs no funds and no prior
		/// account. Practitioners and devices are affiliated with the center at once; a patient that
		/// signed for `care` is in the center's care at once.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `SponsorMismatch`,
		/// `CareWithoutPatient`, `Expired`, `ValidityTooLong`, `AlreadyExists`, `InvalidProof`.
		///
		/// ## Events
		///
		/// `Enrolled`; then `AffiliationOpened` or `CareOpened` where one was opened.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::enrol())]
		pub fn enrol(
			origin: OriginFor<T>,
			role: Role,
			account: T::AccountId,
			sealing_key: SealingKey,
			care: bool,
			valid_until: Moment,
			proof: T::Signature,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let sponsor = Self::ensure_acting(&who, KeyRoles::ENROL)?;
			Self::ensure_may_sponsor(sponsor, role)?;
			let newcomer = Newcomer { role, sponsor: Some(sponsor), account, sealing_key, care };
			Self::ensure_wants_enrolment(&newcomer, valid_until, &proof)?;
			Self::do_enrol(newcomer)?;
			Ok(())
		}

		/// Admit a health authority to the consortium.
		///
		/// ## Dispatch Origin
		///
		/// `AdmitOrigin`: the consortium.
		///
		/// ## Details
		///
		/// `proof` is the newcomer's signature over the enrolment message with sponsor 0, which stands
		/// for the consortium.
		///
		/// ## Errors
		///
		/// `Expired`, `ValidityTooLong`, `AlreadyExists`, `InvalidProof`, `TooManyHealthAuthorities`.
		///
		/// ## Events
		///
		/// `Enrolled`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::admit_health_authority())]
		pub fn admit_health_authority(
			origin: OriginFor<T>,
			account: T::AccountId,
			sealing_key: SealingKey,
			valid_until: Moment,
			proof: T::Signature,
		) -> DispatchResult {
			T::AdmitOrigin::ensure_origin(origin)?;
			let role = Role::HealthAuthority;
			let newcomer = Newcomer { role, sponsor: None, account, sealing_key, care: false };
			Self::ensure_wants_enrolment(&newcomer, valid_until, &proof)?;
			Self::do_enrol(newcomer)?;
			Ok(())
		}

		/// Add a key to the own participant.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of an active participant.
		///
		/// ## Details
		///
		/// `proof` is the new key's signature over the attachment message. A key with the `act` role
		/// has all power over its participant: it may attach keys with roles that it does not have
		/// itself. A receipt or witness key must be an Ed25519 key; it signs no calls and gets no account.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `RolesNotAllowed`, `Expired`,
		/// `ValidityTooLong`, `AlreadyExists`, `NotEd25519`, `InvalidProof`.
		///
		/// ## Events
		///
		/// `KeyAttached`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::attach_key())]
		pub fn attach_key(
			origin: OriginFor<T>,
			key: T::AccountId,
			roles: KeyRoles,
			valid_until: Moment,
			proof: T::Signature,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let participant = Self::ensure_acting(&who, KeyRoles::ACT)?;
			Self::ensure_attachable(participant, &key, roles, valid_until, &proof)?;
			Self::do_attach(key, participant, roles);
			Ok(())
		}

		/// End the use of one of the own keys.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of the same participant, whatever its condition.
		///
		/// ## Details
		///
		/// The key keeps its row with the moment of its end, its account and its nonce; it can never
		/// be registered again.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotAuthorized`, `LastActingKey`.
		///
		/// ## Events
		///
		/// `KeyRetired`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::retire_key())]
		pub fn retire_key(origin: OriginFor<T>, key: T::AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let participant = Self::ensure_holder(&who, KeyRoles::ACT)?;
			Self::do_retire(key, participant)
		}

		/// Replace the signing key by another with the same roles.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the key that is replaced: any live key of an active participant that may sign
		/// calls.
		///
		/// ## Details
		///
		/// `proof` is the new key's signature over the attachment message with the signing key's roles.
		/// The signing key is retired by the same call, so a rotation never leaves two keys in use.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `Expired`, `ValidityTooLong`,
		/// `AlreadyExists`, `InvalidProof`.
		///
		/// ## Events
		///
		/// `KeyAttached`, `KeyRetired`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::rotate_key())]
		pub fn rotate_key(
			origin: OriginFor<T>,
			key: T::AccountId,
			valid_until: Moment,
			proof: T::Signature,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let participant = Self::ensure_acting(&who, KeyRoles(0))?;
			let roles = Self::live_key(&who, KeyRoles(0))?.roles;
			ensure!(signs_calls(roles), Error::<T>::KeyRoleMissing);
			Self::ensure_attachable(participant, &key, roles, valid_until, &proof)?;
			// In this order, so that there is a key that can act at every step.
			Self::do_attach(key, participant, roles);
			Self::do_retire(who, participant)
		}

		/// Set the key to which data keys are wrapped for the own participant.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of an active participant.
		///
		/// ## Details
		///
		/// What was wrapped to the former key stays readable with it.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`.
		///
		/// ## Events
		///
		/// `SealingKeySet`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_sealing_key())]
		pub fn set_sealing_key(origin: OriginFor<T>, sealing_key: SealingKey) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let participant = Self::ensure_acting(&who, KeyRoles::ACT)?;
			Participants::<T>::try_mutate(participant, |row| {
				row.as_mut().ok_or(Error::<T>::NotFound)?.sealing_key = sealing_key;
				Ok::<_, Error<T>>(())
			})?;
			Self::deposit_event(Event::SealingKeySet { participant, sealing_key });
			Ok(())
		}

		/// Publish where the own vault is and which keys it uses.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of an active medical center.
		///
		/// ## Details
		///
		/// The receipt key must have been attached before, with the `receipt` role. The whole row is
		/// replaced.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `WrongRole`, `InvalidEndpoint`,
		/// `InvalidReleaseKey`, `InvalidReceiptKey`.
		///
		/// ## Events
		///
		/// `VaultSet`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_vault())]
		pub fn set_vault(origin: OriginFor<T>, row: VaultRow) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let center = Self::ensure_acting(&who, KeyRoles::ACT)?;
			Self::ensure_vault(center, &row)?;
			Vaults::<T>::insert(center, row);
			Self::deposit_event(Event::VaultSet { center });
			Ok(())
		}

		/// Affiliate a practitioner or device with the own center.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `enrol` role of an active medical center.
		///
		/// ## Details
		///
		/// Staff acts with the rights that patients gave the center, for as long as it is affiliated.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `WrongRole`, `NotFound`,
		/// `OtherNotActive`, `AlreadyExists`, `TooManyAffiliations`.
		///
		/// ## Events
		///
		/// `AffiliationOpened`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::affiliate())]
		pub fn affiliate(origin: OriginFor<T>, member: ParticipantId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let center = Self::ensure_enrolling_center(&who)?;
			let role = Participants::<T>::get(member).ok_or(Error::<T>::NotFound)?.role;
			ensure!(role.can_be_affiliated(), Error::<T>::WrongRole);
			Self::ensure_active(member, role)?;
			Self::do_affiliate(member, center)
		}

		/// End an affiliation, from this block on.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of the member or with the `enrol` role of the center,
		/// whatever their condition.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `NotAuthorized`, `NotFound`.
		///
		/// ## Events
		///
		/// `AffiliationEnded`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::end_affiliation())]
		pub fn end_affiliation(
			origin: OriginFor<T>,
			member: ParticipantId,
			center: ParticipantId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_either_side(&who, member, center)?;
			Self::do_end_affiliation(member, center)
		}

		/// Enter the care of a medical center: its staff may write records about the patient.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of an active patient.
		///
		/// ## Details
		///
		/// Care permits writing, and the reading of what the center wrote itself. Reading more takes a
		/// grant.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `WrongRole`, `NotFound`,
		/// `OtherNotActive`, `AlreadyExists`.
		///
		/// ## Events
		///
		/// `CareOpened`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::open_care())]
		pub fn open_care(origin: OriginFor<T>, center: ParticipantId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let patient = Self::ensure_acting(&who, KeyRoles::ACT)?;
			Self::ensure_active(patient, Role::Patient)?;
			Self::ensure_active(center, Role::MedicalCenter)?;
			Self::do_open_care(patient, center)
		}

		/// End a care relationship, from this block on.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of the patient or with the `enrol` role of the center,
		/// whatever their condition.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `NotAuthorized`, `NotFound`.
		///
		/// ## Events
		///
		/// `CareEnded`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::end_care())]
		pub fn end_care(
			origin: OriginFor<T>,
			patient: ParticipantId,
			center: ParticipantId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_either_side(&who, patient, center)?;
			Self::do_end_care(patient, center)
		}

		/// Let a device write records about a patient.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of the active patient; or with the `enrol` role of the
		/// active center that enrolled the device, while the patient is in its care.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`, `NotFound`,
		/// `WrongRole`, `OtherNotActive`, `AlreadyExists`.
		///
		/// ## Events
		///
		/// `DevicePaired`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::pair_device())]
		pub fn pair_device(
			origin: OriginFor<T>,
			device: ParticipantId,
			patient: ParticipantId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_may_pair(&who, device, patient)?;
			Self::ensure_active(device, Role::Device)?;
			Self::ensure_active(patient, Role::Patient)?;
			Self::do_pair(device, patient)
		}

		/// End the pairing of a device with a patient, from this block on.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a key with the `act` role of the patient or the device, or with the `enrol` role
		/// of the center that enrolled the device, whatever their condition.
		///
		/// ## Errors
		///
		/// `UnknownKey`, `RetiredKey`, `NotAuthorized`, `NotFound`.
		///
		/// ## Events
		///
		/// `DeviceUnpaired`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::unpair_device())]
		pub fn unpair_device(
			origin: OriginFor<T>,
			device: ParticipantId,
			patient: ParticipantId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_may_unpair(&who, device, patient)?;
			Self::do_unpair(device, patient)
		}

		/// Stop a participant until it is reinstated.
		///
		/// ## Dispatch Origin
		///
		/// The participant's administrator: a key with the `enrol` role of its sponsor; while that is
		/// not active, of the next one up the line of sponsorship; at the top `AdmitOrigin`.
		///
		/// ## Errors
		///
		/// `NotFound`, `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`,
		/// `CannotBeSpared`, `WrongCondition`.
		///
		/// ## Events
		///
		/// `Suspended`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::suspend())]
		pub fn suspend(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			Self::do_suspend(&Self::caller(origin)?, participant)
		}

		/// Make a suspended, frozen or expired participant active again.
		///
		/// ## Dispatch Origin
		///
		/// The participant's administrator, as for `suspend`.
		///
		/// ## Details
		///
		/// `until` is the moment at which it ends by itself; it must lie ahead. A new interval starts;
		/// the time in between stays a gap for good.
		///
		/// ## Errors
		///
		/// `NotFound`, `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`,
		/// `WrongCondition`, `EndNotAhead`.
		///
		/// ## Events
		///
		/// `Reinstated`.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::reinstate())]
		pub fn reinstate(
			origin: OriginFor<T>,
			participant: ParticipantId,
			until: Option<Moment>,
		) -> DispatchResult {
			Self::do_reinstate(&Self::caller(origin)?, participant, until)
		}

		/// End a participant for good.
		///
		/// ## Dispatch Origin
		///
		/// The participant's administrator, as for `suspend`; or the participant itself, with a key
		/// that has the `act` role, whatever its condition.
		///
		/// ## Details
		///
		/// It can never be reinstated. Its row, its keys and its history stay.
		///
		/// ## Errors
		///
		/// `NotFound`, `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`,
		/// `CannotBeSpared`, `WrongCondition`.
		///
		/// ## Events
		///
		/// `Deactivated`.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::deactivate())]
		pub fn deactivate(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			Self::do_deactivate(&Self::caller(origin)?, participant)
		}

		/// Stop a participant at once: the emergency brake, for a lost key or a stolen device.
		///
		/// ## Dispatch Origin
		///
		/// As for `deactivate`.
		///
		/// ## Details
		///
		/// Works on active, expired and suspended participants, and passes when the quota is used up.
		/// Only the administrator can reinstate.
		///
		/// ## Errors
		///
		/// `NotFound`, `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`,
		/// `CannotBeSpared`, `WrongCondition`.
		///
		/// ## Events
		///
		/// `Frozen`.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::freeze())]
		pub fn freeze(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			Self::do_freeze(&Self::caller(origin)?, participant)
		}

		/// Set or lift the end of a participant's active interval.
		///
		/// ## Dispatch Origin
		///
		/// The participant's administrator, as for `suspend`.
		///
		/// ## Details
		///
		/// The interval must be running and `until` must lie ahead; `None` means no end. An expired
		/// participant is reinstated instead.
		///
		/// ## Errors
		///
		/// `NotFound`, `UnknownKey`, `RetiredKey`, `KeyRoleMissing`, `NotActive`, `NotAuthorized`,
		/// `CannotBeSpared`, `WrongCondition`, `EndNotAhead`.
		///
		/// ## Events
		///
		/// `ExpirySet`.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::set_expiry())]
		pub fn set_expiry(
			origin: OriginFor<T>,
			participant: ParticipantId,
			until: Option<Moment>,
		) -> DispatchResult {
			Self::do_set_expiry(&Self::caller(origin)?, participant, until)
		}
	}
}
