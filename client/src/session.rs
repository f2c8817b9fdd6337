//! A participant at work: unlocked keys, a connection to the chain, and who the keys speak for.

use std::time::Duration;

use tokio::time::sleep;
use ward_chain_client::{Call, Chain, Finalized, Progress as Stage, State};
use ward_crypto::{request::RequestKey, wrap::SealingSecret};
use ward_fail_points::die_at;
use ward_primitives::{
	participant::SealingKey, Digest, KeyBytes, KeyRoles, KeyRow, ParticipantId, ParticipantRow,
	VaultRow,
};

use crate::{
	error::{Error, Kind, Result},
	hex::Hex,
	home::Home,
	keys::Keys,
	progress::Progress,
	vault::{Trust, VaultClient},
};

/// A participant at work.
pub struct Session {
	/// Where its keys and its journal are.
	pub home: Home,
	/// The connection to the chain.
	pub chain: Chain,
	/// Its keys.
	pub keys: Keys,
	/// Its number.
	pub id: ParticipantId,
	trust: Trust,
	uses_next_account: bool,
}

impl Session {
	/// Finds out on the chain whom the keys speak for.
	pub async fn open(home: Home, chain: Chain, keys: Keys, trust: Trust) -> Result<Self> {
		let state = chain.finalized().await?;
		let mut own = None;
		// After a rotation that was cut off, the chain may know either key.
		let candidates = [(false, Some(keys.account())), (true, keys.next_account())];
		for (is_next, key) in candidates {
			let Some(key) = key else { continue };
			let row = state.key(key.public()).await?;
			if let Some(row) = row.filter(|row| row.live.contains(state.timestamp)) {
				own = Some((is_next, row));
			}
		}
		let Some((uses_next_account, row)) = own else {
			return Err(not_enrolled(&state, keys.account().public()).await?);
		};
		Ok(Self { home, chain, keys, id: row.participant, trust, uses_next_account })
	}

	/// The account key that the chain knows: signs calls and requests.
	pub fn signer(&self) -> &RequestKey {
		match (self.uses_next_account, self.keys.next_account()) {
			(true, Some(next)) => next,
			_ => self.keys.account(),
		}
	}

	/// The secret half of the own sealing key that stands on the chain.
	pub fn sealing_on_chain(&self, on_chain: &SealingKey) -> Result<&SealingSecret> {
		let own = self.keys.sealing().iter().find(|secret| secret.sealing_key() == *on_chain);
		own.ok_or_else(|| {
			Error::new(Kind::Keys, "the chain knows another sealing key for you than this home has")
				.code_is("sealing-key-mismatch")
				.hint("publish this home's with `ward keys publish-sealing`")
		})
	}

	/// Whether a rotation has succeeded on the chain and is not finished in the key file.
	pub const fn has_rotated(&self) -> bool {
		self.uses_next_account
	}

	/// The chain's genesis hash.
	pub fn genesis(&self) -> Digest {
		self.chain.genesis()
	}

	/// The vault of a center, as the finalized chain names it.
	pub async fn vault(&self, state: &State, center: ParticipantId) -> Result<VaultClient<'_>> {
		let row = vault_row(state, center).await?;
		VaultClient::new(center, &row, self.genesis(), self.signer(), &self.trust)
	}

	/// Signs a call, submits it and waits until it is final. Waits a little, too, if the quota is used
	/// up for now.
	pub async fn submit(&self, call: Call, progress: &dyn Progress) -> Result<Finalized> {
		self.submit_as(call, false, progress).await
	}

	/// The same for a call with which the consortium governs itself: while finality stands still, it is
	/// done when it is in a block.
	pub async fn govern(&self, call: Call, progress: &dyn Progress) -> Result<Finalized> {
		self.submit_as(call, true, progress).await
	}

	async fn submit_as(
		&self,
		call: Call,
		though_stalled: bool,
		progress: &dyn Progress,
	) -> Result<Finalized> {
		let name = format!("{}.{}", call.pallet, call.name);
		let mut patience = 10;
		loop {
			let report = |stage| {
				die_at_stage(stage);
				match stage {
					Stage::Signed(_) => progress.step(&format!("{name}: sending")),
					Stage::Accepted => progress.step(&format!("{name}: waiting for a block")),
					Stage::InBlock(_) => progress.step(&format!("{name}: waiting for finality")),
					Stage::Retracted => {
						progress.step(&format!("{name}: waiting for another block"));
					},
					Stage::Searching => {
						progress.step(&format!("{name}: looking for it in the blocks"));
					},
					Stage::Finalized(_) => progress.step(&format!("{name}: final")),
				}
			};
			let (signer, call) = (self.signer(), call.clone());
			let outcome = match though_stalled {
				true => self.chain.submit_though_stalled(signer, call, report).await,
				false => self.chain.submit_with_progress(signer, call, report).await,
			};
			match outcome.map_err(Error::from) {
				Err(error) if error.code() == "quota-exhausted" && patience > 0 => {
					patience -= 1;
					progress.step(&format!("{name}: waiting for the quota to refill"));
					sleep(Duration::from_secs(3)).await;
				},
				outcome => return outcome,
			}
		}
	}
}

/// The fail-points of a call on its way.
fn die_at_stage(stage: Stage) {
	match stage {
		Stage::Signed(_) => die_at("client.call.signed"),
		Stage::Accepted => die_at("client.call.accepted"),
		Stage::InBlock(_) => die_at("client.call.in-block"),
		Stage::Finalized(_) => die_at("client.call.final"),
		Stage::Retracted | Stage::Searching => {},
	}
}

/// A participant, or an error that says there is none.
pub async fn participant(state: &State, id: ParticipantId) -> Result<ParticipantRow> {
	state.participant(id).await?.ok_or_else(|| {
		Error::new(Kind::Input, format!("there is no participant {id} on the chain"))
			.code_is("unknown-participant")
			.hint("check the number; `ward show participant` shows one")
	})
}

/// What a center publishes of its vault, or an error that says it has none.
pub async fn vault_row(state: &State, center: ParticipantId) -> Result<VaultRow> {
	match state.vault(center).await? {
		Some(row) => Ok(row),
		None => Err(Error::new(Kind::Input, format!("participant {center} runs no vault"))
			.code_is("no-vault")
			.hint("name a medical center that has published its vault (`ward center set-vault`)")),
	}
}

async fn not_enrolled(state: &State, account: KeyBytes) -> Result<Error> {
	let account_text = Hex(account);
	Ok(match state.key(account).await? {
		Some(KeyRow { participant, .. }) => Error::new(
			Kind::Keys,
			format!("the key {account_text} of participant {participant} is retired"),
		)
		.code_is("retired-key")
		.hint("use the home with the current key of this participant"),
		None => Error::new(Kind::Keys, format!("the key {account_text} is not enrolled"))
			.code_is("unknown-key")
			.hint(
				"make an offer with `ward enrol offer` and give it to your sponsor, who accepts it; \
				 or check that --home and --node are the right ones",
			),
	})
}

/// The names of the roles of a key.
pub fn role_names(roles: KeyRoles) -> String {
	let known = [
		(KeyRoles::ACT, "act"),
		(KeyRoles::ENROL, "enrol"),
		(KeyRoles::GOVERN, "govern"),
		(KeyRoles::RECEIPT, "receipt"),
		(KeyRoles::WITNESS, "witness"),
	];
	let names: Vec<_> =
		known.into_iter().filter(|(role, _)| roles.contains(*role)).map(|(_, name)| name).collect();
	names.join(", ")
}
