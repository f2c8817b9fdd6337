//! Chooses what happens next: mostly calls that are right by the model, some with one thing wrong.

use ward_primitives::{KeyRoles, Role};

use super::{
	dice::Dice,
	drafts::{content, draft, has_grant, receipts, vaults},
	model::{Grant, Id, KeyNo, Model},
	people::{
		author, end, grantee, inactive, key_of, new_key, pair_of, proof, somebody, subject,
		wrong_signer, CENTERS, COUNCIL, GUESTS, STRANGER,
	},
	rules::{Call, MOST_GRANTS, UNATTENDED},
	terms::terms,
};

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Move {
	/// So many slots pass.
	Wait(u64),
	/// Somebody calls.
	Call(KeyNo, Call),
}

/// What happens next: usually one thing, rarely many of a kind.
pub(super) fn next(dice: &mut Dice, model: &Model) -> Vec<Move> {
	if dice.chance(22) {
		return vec![Move::Wait(1 + dice.below(3) as u64)];
	}
	match dice.below(400) {
		0 => return fill_grants(dice, model).unwrap_or_default(),
		1 => return affiliate_everywhere(dice, model).unwrap_or_default(),
		_ => {},
	}
	if let Some((signer, call)) = stop_a_needed_center(dice, model).filter(|_| dice.chance(10)) {
		return vec![Move::Call(signer, call)];
	}
	let Some((signer, call)) = choose(dice, model) else { return Vec::new() };
	let is_councils = matches!(call, Call::Enact(_));
	let is_precious = COUNCIL.contains(&signer);
	// Calls of which only the signer can be wrong, or that many may try.
	let is_often_wrong = matches!(
		call,
		Call::Suspend { .. }
			| Call::Reinstate { .. }
			| Call::Deactivate { .. }
			| Call::Freeze { .. }
			| Call::SetExpiry { .. }
			| Call::SetSealingKey
			| Call::CancelRequest { .. }
			| Call::DeclineRequest { .. }
	);
	let share = if is_often_wrong { 35 } else { 14 };
	let signer = match !is_councils && dice.chance(share) {
		true => wrong_signer(dice, model, signer),
		false => signer,
	};
	// The council's keys have to stay.
	let rotates = matches!(call, Call::RotateKey { .. });
	if rotates && (is_precious || COUNCIL.contains(&signer)) {
		return Vec::new();
	}
	vec![Move::Call(signer, call)]
}

/// The health authority tries to stop a center although another one is stopped already.
fn stop_a_needed_center(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	let needed = CENTERS.into_iter().filter(|center| !model.can_be_spared(*center));
	let who = dice.pick(&needed.collect::<Vec<_>>())?;
	let administrator = model.administrator(who)?;
	let until = Some(model.now + 2_000);
	let call = dice.pick(&[
		Call::Suspend { who },
		Call::Deactivate { who },
		Call::Freeze { who },
		Call::SetExpiry { who, until },
	])?;
	Some((enrolling(dice, model, administrator), call))
}

/// A patient grants the same grantee more than there is room for.
fn fill_grants(dice: &mut Dice, model: &Model) -> Option<Vec<Move>> {
	let me = somebody(dice, model, Role::Patient)?;
	let grantee = grantee(dice, model)?;
	let signer = key_of(dice, model, me, KeyRoles::ACT);
	let one = |dice: &mut Dice| {
		let terms = terms(dice, model, me);
		Move::Call(signer, Call::Grant { grantee, terms, from: None, until: None })
	};
	// Some of them are refused for their terms.
	Some((0..MOST_GRANTS + 8).map(|_| one(dice)).collect())
}

/// More centers take somebody on than one can ever work for.
fn affiliate_everywhere(dice: &mut Dice, model: &Model) -> Option<Vec<Move>> {
	let member = somebody(dice, model, Role::Practitioner)?;
	let signers = GUESTS.chain(CENTERS).map(|center| key_of(dice, model, center, KeyRoles::ENROL));
	let signers: Vec<_> = signers.collect();
	let moves = signers.into_iter().map(|key| Move::Call(key, Call::Affiliate { member }));
	Some(moves.collect())
}

/// One call: the right signer and the call.
fn choose(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	match dice.below(119) {
		0..=22 => identities(dice, model),
		23..=37 => relations(dice, model),
		38..=54 => standings(dice, model),
		55..=82 => records(dice, model),
		83..=117 => consents(dice, model),
		_ => {
			// Not on the council's agenda.
			let who = subject(dice, model)?;
			let call = dice.pick(&[Call::EndExclusion { who }, Call::Exclude { who }])?;
			Some((COUNCIL[0], Call::Enact(Box::new(call))))
		},
	}
}

fn acting(dice: &mut Dice, model: &Model, id: Id) -> KeyNo {
	key_of(dice, model, id, KeyRoles::ACT)
}

fn enrolling(dice: &mut Dice, model: &Model, id: Id) -> KeyNo {
	key_of(dice, model, id, KeyRoles::ENROL)
}

/// A call that somebody's administrator makes: its sponsor, one further up, or the consortium.
fn administered(dice: &mut Dice, model: &Model, who: Id, call: Call) -> (KeyNo, Call) {
	match (model.role(who), model.administrator(who)) {
		(Some(_), None) => (COUNCIL[0], Call::Enact(Box::new(call))),
		(_, Some(administrator)) => (key_of(dice, model, administrator, KeyRoles::ENROL), call),
		(None, _) => (key_of(dice, model, CENTERS[0], KeyRoles::ENROL), call),
	}
}

/// Keys, vaults and newcomers.
fn identities(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	Some(match dice.below(23) {
		0..=5 => {
			let by_authority = dice.chance(15);
			let sponsor = if by_authority { 1 } else { dice.pick(&CENTERS)? };
			let role = match (dice.below(12), by_authority) {
				(0, _) => dice.pick(&[Role::HealthAuthority, Role::MedicalCenter])?,
				(_, true) => Role::MedicalCenter,
				(1..=4, _) => Role::Practitioner,
				(5..=8, _) => Role::Patient,
				(9 | 10, _) => Role::Device,
				_ => Role::Researcher,
			};
			let care = if role == Role::Patient { dice.chance(60) } else { dice.chance(4) };
			let (key, proof) = (new_key(dice, model), proof(dice, model));
			(enrolling(dice, model, sponsor), Call::Enrol { role, key, care, proof })
		},
		6..=7 => {
			let (key, proof) = (new_key(dice, model), proof(dice, model));
			let call = Call::AdmitHealthAuthority { key, proof };
			(COUNCIL[0], Call::Enact(Box::new(call)))
		},
		8..=11 => {
			let role = dice.pick(&[Role::MedicalCenter, Role::Patient, Role::Practitioner])?;
			let me = somebody(dice, model, role)?;
			let roles = match (role, dice.below(8)) {
				(Role::MedicalCenter, 0..=1) => KeyRoles::RECEIPT,
				(Role::MedicalCenter, 2) => KeyRoles::WITNESS,
				(Role::MedicalCenter, 3) => KeyRoles::MAIN,
				(Role::MedicalCenter, 4) => KeyRoles::GOVERN,
				(_, 5) => KeyRoles(dice.below(33) as u8),
				_ => KeyRoles::ACT,
			};
			let (key, mut proof) = (new_key(dice, model), proof(dice, model));
			if UNATTENDED.contains(&roles) && dice.chance(25) {
				proof.is_ed25519 = false;
			}
			(acting(dice, model, me), Call::AttachKey { key, roles, proof })
		},
		12..=14 => {
			let live = model.keys.iter().filter(|(no, key)| {
				let spare = model.acting_keys(key.owner) > 1 || dice.chance(20);
				!COUNCIL.contains(no) && !GUESTS.contains(&key.owner) && !key.retired && spare
			});
			let key = match live.map(|(no, _)| *no).collect::<Vec<_>>() {
				_ if dice.chance(30) => {
					dice.pick(&model.keys.keys().copied().collect::<Vec<_>>())?
				},
				_ if dice.chance(5) => STRANGER,
				live => dice.pick(&live)?,
			};
			if COUNCIL.contains(&key) {
				return None;
			}
			let owner = model.keys.get(&key).map_or(1, |key| key.owner);
			(acting(dice, model, owner), Call::RetireKey { key })
		},
		15..=16 => {
			let live = |key: &&KeyNo| !COUNCIL.contains(key) && model.refusal(**key).is_none();
			let signer = dice.pick(&model.keys.keys().filter(live).copied().collect::<Vec<_>>())?;
			let (key, proof) = (new_key(dice, model), proof(dice, model));
			(signer, Call::RotateKey { key, proof })
		},
		17..=20 => {
			let me = somebody(dice, model, Role::MedicalCenter)?;
			let own = |(no, _): &(&KeyNo, _)| model.is_receipt_key_of(**no, me);
			let own: Vec<_> = model.keys.iter().filter(own).map(|(no, _)| *no).collect();
			let key = dice.pick(&own).unwrap_or(STRANGER);
			let (endpoint_is_right, release_key_is_right) = (!dice.chance(8), !dice.chance(8));
			(
				acting(dice, model, me),
				Call::SetVault { key, endpoint_is_right, release_key_is_right },
			)
		},
		_ => {
			let me = author(dice, model)?;
			(acting(dice, model, me), Call::SetSealingKey)
		},
	})
}

/// Affiliations, care and pairings.
fn relations(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	Some(match dice.below(15) {
		0..=2 => {
			let role = if dice.chance(70) { Role::Practitioner } else { Role::Device };
			let member = match dice.chance(6) {
				true => somebody(dice, model, Role::Patient)?,
				false => somebody(dice, model, role)?,
			};
			let center = dice.pick(&CENTERS)?;
			let center = if dice.chance(4) { 1 } else { center };
			(enrolling(dice, model, center), Call::Affiliate { member })
		},
		3..=4 => {
			let (member, center) = pair_of(dice, &model.affiliation, model)?;
			let signer = match dice.chance(50) {
				true => acting(dice, model, member),
				false => enrolling(dice, model, center),
			};
			(signer, Call::EndAffiliation { member, center })
		},
		5..=7 => {
			let role = if dice.chance(5) { Role::Practitioner } else { Role::Patient };
			let me = somebody(dice, model, role)?;
			let role = if dice.chance(5) { Role::Patient } else { Role::MedicalCenter };
			let center = match dice.chance(4) {
				true => *GUESTS.end(),
				false => somebody(dice, model, role)?,
			};
			(acting(dice, model, me), Call::OpenCare { center })
		},
		8..=9 => {
			let (patient, center) = pair_of(dice, &model.care, model)?;
			let signer = match dice.chance(50) {
				true => acting(dice, model, patient),
				false => enrolling(dice, model, center),
			};
			(signer, Call::EndCare { patient, center })
		},
		10..=13 => {
			let device = somebody(dice, model, Role::Device)?;
			let role = if dice.chance(5) { Role::Researcher } else { Role::Patient };
			let patient = somebody(dice, model, role)?;
			let sponsor = model.person(device).and_then(|device| device.sponsor);
			let signer = match (dice.chance(40), sponsor) {
				(true, Some(sponsor)) => enrolling(dice, model, sponsor),
				_ => acting(dice, model, patient),
			};
			(signer, Call::PairDevice { device, patient })
		},
		_ => {
			let (device, patient) = pair_of(dice, &model.pairing, model)?;
			let sponsor = model.person(device).and_then(|device| device.sponsor);
			let signer = match (dice.below(3), sponsor) {
				(0, Some(sponsor)) => enrolling(dice, model, sponsor),
				(1, _) => acting(dice, model, device),
				_ => acting(dice, model, patient),
			};
			(signer, Call::UnpairDevice { device, patient })
		},
	})
}

/// What administrators do.
fn standings(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	Some(match dice.below(17) {
		0..=1 => {
			let who = subject(dice, model)?;
			administered(dice, model, who, Call::Suspend { who })
		},
		2..=6 => {
			let who = match dice.chance(80) {
				true => inactive(dice, model)?,
				false => subject(dice, model)?,
			};
			let until = end(dice, model);
			administered(dice, model, who, Call::Reinstate { who, until })
		},
		7..=9 => {
			let who = subject(dice, model)?;
			let call = Call::Freeze { who };
			match dice.chance(50) {
				true => (acting(dice, model, who), call),
				false => administered(dice, model, who, call),
			}
		},
		10..=11 => {
			let who = subject(dice, model)?;
			let until = end(dice, model);
			administered(dice, model, who, Call::SetExpiry { who, until })
		},
		_ => {
			// Never somebody whom the histories need.
			let who = subject(dice, model)?;
			if who <= CENTERS[2] {
				return None;
			}
			let call = Call::Deactivate { who };
			match dice.chance(30) {
				true => (acting(dice, model, who), call),
				false => administered(dice, model, who, call),
			}
		},
	})
}

/// New records, and those that go to another custodian.
fn records(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	Some(match dice.below(28) {
		0..=11 => {
			let me = author(dice, model)?;
			let draft = draft(dice, model, me, None)?;
			(acting(dice, model, me), Call::Anchor { draft })
		},
		12..=15 => {
			let me = author(dice, model)?;
			let mut drafts: Vec<_> =
				(0..dice.below(4)).filter_map(|_| draft(dice, model, me, None)).collect();
			for (number, draft) in (0u32..).zip(&mut drafts) {
				if !dice.chance(5) {
					draft.content = content(draft.content.number + number * 1_000_000);
				}
			}
			(acting(dice, model, me), Call::AnchorBatch { drafts })
		},
		23.. => hand_over(dice, model)?,
		_ => {
			let old = dice.below(model.records.len() + 1);
			let (me, of) = match model.records.get(old) {
				Some(record) if dice.chance(85) => {
					let me = match dice.below(10) {
						0..=2 => record.patient,
						3 => author(dice, model)?,
						4 | 5 => {
							let all = 1..=model.people.len() as Id;
							let may = all.filter(|id| has_grant(model, record.patient, *id));
							dice.pick(&may.collect::<Vec<_>>())?
						},
						_ => record.author,
					};
					(me, Some(old))
				},
				_ => (author(dice, model)?, None),
			};
			let mut draft = draft(dice, model, me, of)?;
			if let Some(record) = of.and_then(|old| model.records.get(old)) {
				if dice.chance(60) && me != record.patient {
					draft.on_behalf_of = record.center;
				}
			}
			(acting(dice, model, me), Call::Supersede { old, draft })
		},
	})
}

/// A custodian hands records over, mostly its own.
fn hand_over(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	let me = match dice.chance(90) {
		true => dice.pick(&vaults(model))?.0,
		false => author(dice, model)?,
	};
	let held = model.records.iter().enumerate().filter(|(_, r)| r.custodians.contains(&me));
	let held: Vec<_> = held.map(|(number, _)| number).collect();
	let mut records = Vec::new();
	for _ in 0..dice.below(3) {
		let number = match dice.chance(90) {
			true => dice.pick(&held)?,
			false => dice.below(model.records.len() + 1),
		};
		// Not always of another center.
		let receipts = receipts(dice, model);
		let other = receipts.iter().find(|receipt| receipt.custodian != me);
		records.push((number, *other.or(receipts.first())?));
	}
	Some((acting(dice, model, me), Call::HandOver { records }))
}

/// A patient's will.
fn consents(dice: &mut Dice, model: &Model) -> Option<(KeyNo, Call)> {
	Some(match dice.below(35) {
		0..=2 => {
			let me = grantee(dice, model)?;
			let patient = somebody(dice, model, Role::Patient)?;
			let (terms, until) = (terms(dice, model, patient), end(dice, model));
			(acting(dice, model, me), Call::Request { patient, terms, until })
		},
		3..=6 => {
			let all: Vec<_> = model.requests.keys().copied().collect();
			let open: Vec<_> =
				model.requests.iter().filter(|(_, open)| **open).map(|(pair, _)| *pair).collect();
			let (patient, requester) = match dice.below(5) {
				0 => dice.pick(&all)?,
				1 => (somebody(dice, model, Role::Patient)?, grantee(dice, model)?),
				_ => dice.pick(&open)?,
			};
			match dice.chance(50) {
				true => (acting(dice, model, requester), Call::CancelRequest { patient }),
				false => (acting(dice, model, patient), Call::DeclineRequest { requester }),
			}
		},
		7..=15 => {
			let role = if dice.chance(4) { Role::Practitioner } else { Role::Patient };
			let me = somebody(dice, model, role)?;
			let grantee = grantee(dice, model)?;
			let from = match dice.below(8) {
				0 => Some(model.now - 1),
				1 => Some(model.now),
				2 | 3 => Some(model.now + 2_000 * (1 + dice.below(4) as u64)),
				_ => None,
			};
			let (terms, until) = (terms(dice, model, me), end(dice, model));
			(acting(dice, model, me), Call::Grant { grantee, terms, from, until })
		},
		16..=24 => {
			let live = |(_, grant): &(usize, &Grant)| !grant.is_over(model.now);
			let live = model.grants.iter().enumerate().filter(live).map(|(number, _)| number);
			let live: Vec<_> = live.collect();
			let grant = match dice.chance(15) {
				true => dice.below(model.grants.len() + 1),
				false => dice.pick(&live)?,
			};
			let me = model.grants.get(grant).map_or(40, |grant| grant.patient);
			let me = match dice.chance(6) {
				true => somebody(dice, model, Role::Patient)?,
				false => me,
			};
			let call = match dice.chance(45) {
				true => {
					let (terms, until) = (terms(dice, model, me), end(dice, model));
					Call::Amend { grant, terms, until }
				},
				false => Call::Withdraw { grant },
			};
			(acting(dice, model, me), call)
		},
		25..=30 => {
			let role = if dice.chance(6) { Role::Device } else { Role::Patient };
			let me = somebody(dice, model, role)?;
			let who = match dice.chance(8) {
				true => somebody(dice, model, Role::Researcher)?,
				false => grantee(dice, model)?,
			};
			(acting(dice, model, me), Call::Exclude { who })
		},
		_ => {
			let (me, who) = pair_of(dice, &model.exclusion, model)?;
			(acting(dice, model, me), Call::EndExclusion { who })
		},
	})
}
