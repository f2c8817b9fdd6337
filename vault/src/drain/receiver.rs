//! The other vault, as it is asked to take one record over.

use std::{
	sync::Arc,
	time::{Duration, Instant},
};

use http::Method;
use serde::de::DeserializeOwned;
use ward_crypto::{
	request::verify_signature,
	wrap::{WrapError, WrappedKey},
};
use ward_primitives::{
	decision::Obligations, Action, Decision, Deposit, DepositReceipt, Moment, ParticipantId,
	RecordContent, RecordId, RecordRow, VaultRow,
};
use ward_vault_api::deposit::{Announcement, DepositStatus};

use super::Outcome;
use crate::{
	access_log::{Event, LogFacts},
	chain::StateView,
	database::deposits::Lodged,
	error::Refusal,
	peer::{Failure, PURPOSE},
	promotion::basis_of,
	vault::Vault,
};

/// For how long a receipt must still count, so that there is time to hand over on the chain, in milliseconds.
/// Less than [`RENEWAL`](crate::staging::RENEWAL): the other vault renews what does not last.
const LEAST_LASTING: Moment = 10 * 60_000;

/// How often a vault is asked that cannot answer for the moment.
const ATTEMPTS: u32 = 3;

/// How long to wait before the second attempt; each time twice as long.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(500);

/// How often a record is announced of which the other vault has lost that it was fetching it.
const ANNOUNCEMENTS: u32 = 2;

/// How long the other vault may take to fetch a record, beside what its size takes: it tries again a few times
/// before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before looking how far it is; each time twice as long.
const FIRST_LOOK: Duration = Duration::from_millis(50);

/// The longest to wait.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

impl Vault {
	/// Has the other vault fetch a record and sign for it, unless it has done so.
	pub(super) async fn make_ready(
		&self,
		state: &Arc<dyn StateView>,
		to: ParticipantId,
		record: RecordId,
		row: &RecordRow,
	) -> Result<Outcome, Refusal> {
		if let Some(why) = self.drains.why_closed() {
			return Ok(Outcome::left(why));
		}
		let Some(vault_row) = state.vault(to).await? else {
			return Ok(Outcome::left(format!("center {to} has no vault on the chain any more")));
		};
		let content = row.content;
		let receiver = Receiver { vault: self, center: to, row: vault_row, record, content };
		match receiver.status().await {
			Ok(status) => {
				if let Some(deposit) = receiver.deposit(&status).await? {
					return Ok(Outcome::Ready { deposit });
				}
			},
			// It is not there. A vault tells nobody more than that.
			Err(Failure::Refused(code)) if code == "access-denied" => {},
			Err(failure) => return Ok(receiver.left_by(&failure)),
		}
		if !self.is_whole(record).await? {
			return Ok(damaged(record));
		}
		let Some(lodged) = self.database.lodged(record).await? else { return Ok(damaged(record)) };
		self.database.name_copier(record, to).await?;
		let key = match lodged.row.patient_only {
			true => None,
			false => {
				let permit =
					Decision::Permit { basis: basis_of(row), obligations: Obligations::LOG };
				let facts = LogFacts {
					at: self.clock.now(),
					actor: to,
					patient: content.patient,
					record,
					action: Action::Read,
					purpose: PURPOSE,
					event: Event::Key,
					decision: permit,
					finalized: state.head().hash,
				};
				self.database.log(facts, self.genesis().await?).await?;
				self.metrics.decision(Event::Key, &facts.decision);
				match receiver.wrapped_key(&lodged).await? {
					Ok(key) => Some(key),
					Err(why) => return Ok(Outcome::left(why)),
				}
			},
		};
		let patient_only = lodged.row.patient_only;
		let wraps = wraps_for(lodged.wraps, content.author, self.center(), key);
		let announcement = Announcement::new(content, lodged.opening, wraps, patient_only);
		receiver.deliver(&announcement.fetched_from(self.center())).await
	}
}

/// The wraps that go along: each recipient has one. That of the vault that takes the record over is new, and
/// takes the place of the one that it has as the author, if it is: from then on, it is released what it may
/// read like everybody else. The own one stays here, unless this center is the author: then it is the
/// author's.
fn wraps_for(
	wraps: Vec<WrappedKey>,
	author: ParticipantId,
	own: ParticipantId,
	key: Option<WrappedKey>,
) -> Vec<WrappedKey> {
	// Nothing in a patient-only record is anybody's but patient's and author's.
	let Some(key) = key else { return wraps };
	let stays = |wrapped: &WrappedKey| {
		wrapped.recipient != key.recipient && (wrapped.recipient != own || own == author)
	};
	let mut wraps: Vec<_> = wraps.into_iter().filter(stays).collect();
	wraps.push(key);
	wraps
}

fn damaged(record: RecordId) -> Outcome {
	Outcome::left(format!(
		"it is damaged or missing here; `ward-vault repair {record}` says what helps, then drain again"
	))
}

/// The other vault, and the record that it is to take over.
struct Receiver<'v> {
	vault: &'v Vault,
	center: ParticipantId,
	row: VaultRow,
	record: RecordId,
	content: RecordContent,
}

impl Receiver<'_> {
	/// Announces the record and waits until the other vault has fetched it.
	async fn deliver(&self, announcement: &Announcement) -> Result<Outcome, Refusal> {
		let body = serde_json::to_vec(announcement).map_err(Refusal::internal)?;
		let limits = &self.vault.settings.limits;
		let patience = PATIENCE + limits.idle_timeout * 4;
		let deadline = Instant::now() + patience + limits.slowest_upload(self.content.size) * 2;
		for _again in 0..ANNOUNCEMENTS {
			let announced = self.ask(Method::POST, "/v1/deposits", Some(&body)).await;
			let mut status: DepositStatus = match announced {
				Ok(status) => status,
				Err(failure) => return Ok(self.left_by(&failure)),
			};
			let mut pause = FIRST_LOOK;
			loop {
				if let Some(deposit) = self.deposit(&status).await? {
					return Ok(Outcome::Ready { deposit });
				}
				// If it fetches nothing, it was started anew.
				let Some(copy) = status.copy else { break };
				if let Some(failure) = copy.failure {
					return self.left_by_copy(&failure).await;
				}
				if Instant::now() >= deadline {
					return Ok(self.left("it is still fetching it; drain again later"));
				}
				tokio::time::sleep(pause).await;
				pause = (pause * 2).min(LONGEST_LOOK);
				status = match self.status().await {
					Ok(status) => status,
					Err(failure) => return Ok(self.left_by(&failure)),
				};
			}
		}
		Ok(self.left(
			"it neither fetches it nor gives a receipt that counts; ask its operator to look at its log, \
			 and at the receipt key in its row on the chain",
		))
	}

	async fn status(&self) -> Result<DepositStatus, Failure> {
		self.ask(Method::GET, &format!("/v1/deposits/{}", self.record), None).await
	}

	async fn ask<T: DeserializeOwned>(
		&self,
		method: Method,
		path: &str,
		body: Option<&[u8]>,
	) -> Result<T, Failure> {
		let mut attempt = 1;
		loop {
			let (method, body) = (method.clone(), body.map(<[u8]>::to_vec));
			match self.vault.ask_json(self.center, &self.row, method, path, body).await {
				Err(failure) if failure.is_passing() && attempt < ATTEMPTS => {
					tokio::time::sleep(ATTEMPT_PAUSE * 2u32.pow(attempt - 1)).await;
					attempt += 1;
				},
				outcome => return outcome,
			}
		}
	}

	/// The other vault's word, if it counts on the chain, and for long enough to get there.
	async fn deposit(&self, status: &DepositStatus) -> Result<Option<Deposit>, Refusal> {
		let Some(deposit) = status.receipt.map(|receipt| receipt.deposit()) else {
			return Ok(None);
		};
		let receipt = DepositReceipt {
			genesis: self.vault.genesis().await?,
			custodian: self.center,
			record: self.record,
			content_root: self.content.content_root,
			size: self.content.size,
			expires: deposit.expires,
		};
		let least = self.vault.clock.now().saturating_add(LEAST_LASTING);
		let counts = deposit.custodian == self.center
			&& deposit.expires >= least
			&& verify_signature(&self.row.receipt_key, &receipt.message(), &deposit.signature);
		Ok(counts.then_some(deposit))
	}

	/// The data key, wrapped for the other vault; or why it cannot be. The caller has logged that it is given.
	async fn wrapped_key(&self, lodged: &Lodged) -> Result<Result<WrappedKey, String>, Refusal> {
		let genesis = self.vault.genesis().await?;
		let spoilt =
			"its wrapped key is damaged here; put the latest sound copy of vault.redb back";
		let Some(own) = lodged.wrap_for(self.vault.center()) else { return Ok(Err(spoilt.into())) };
		let release_key = &self.row.release_key;
		let release = &self.vault.release;
		let wrapped = release.rewrap(own, genesis, self.record, self.center, release_key);
		Ok(wrapped.map_err(|cause| match cause {
			WrapError::InvalidPublicKey => format!(
				"the release key of center {} on the chain is none; its operator has to publish it anew",
				self.center
			),
			cause => {
				tracing::error!(record = %self.record, %cause, "{spoilt}");
				spoilt.into()
			},
		}))
	}

	fn left(&self, why: &str) -> Outcome {
		Outcome::left(format!("the vault of center {}: {why}", self.center))
	}

	/// What a failure to ask means for the record; and if it means the same for every record, the others are not
	/// tried for a while.
	fn left_by(&self, failure: &Failure) -> Outcome {
		let code = match failure {
			Failure::Refused(code) => code.as_str(),
			_ => "",
		};
		let (why, is_for_all) = match code {
			"hand-over-not-accepted" => (
				format!(
					"it takes nothing over from this center; its operator has to start it with \
					 `--accept-from {}`",
					self.vault.center()
				),
				true,
			),
			"staging-quota-exceeded" => (
				"it has as much in staging as it takes; hand over what is ready with `ward center \
				 hand-over`, then drain again"
					.into(),
				true,
			),
			"insufficient-storage" => {
				("its disk is full; its operator has to make room".into(), true)
			},
			"unknown-key" => (
				"it does not know this vault's receipt key; attach the key to this center on the chain, \
				 see `ward-vault attest`"
					.into(),
				true,
			),
			"too-large" => (
				"it takes nothing as large as this; its operator has to raise --max-upload-bytes".into(),
				false,
			),
			"access-denied" => (
				"it refuses: by its finalized chain this center does not hold the record, or is not \
				 active; wait until its node has caught up, then drain again"
					.into(),
				false,
			),
			"deposit-conflict" => (
				"it knows the record with other recipients of its data key; its operator has to let that \
				 deposit end, after which it goes by itself"
					.into(),
				false,
			),
			"opening-mismatch" | "malformed-request" => (failure.to_string(), false),
			_ => (failure.to_string(), true),
		};
		let outcome = self.left(&why);
		if let (Outcome::Left { why }, true) = (&outcome, is_for_all) {
			self.vault.drains.close(why);
		}
		outcome
	}

	/// What it means that the other vault could not fetch the record.
	async fn left_by_copy(&self, failure: &str) -> Result<Outcome, Refusal> {
		// It was being read, so it may have been found damaged just now.
		if !self.vault.is_whole(self.record).await? {
			return Ok(damaged(self.record));
		}
		Ok(self.left(match failure {
			"endpoint" => {
				"it cannot use the address of this vault on the chain; set it anew with `ward center \
				 set-vault`"
			},
			"unreachable" => {
				"it does not reach this vault at its address on the chain; check that others do, and \
				 drain again"
			},
			"refused" => "this vault has refused it the content; look at the log here, and drain again",
			"mismatch" => {
				"what came is not the record's content; say `ward-vault repair` here, and drain again"
			},
			"too-slow" => "the content comes too slowly; check the network between both, and drain again",
			"storage" => "it cannot store it; its operator has to make room, or look at its log",
			"chain" => "its node does not answer, or not as it must; ask its operator, and drain again",
			_ => "it cannot fetch it; ask its operator to look at its log",
		}))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ward_primitives::participant::SealingSuite;

	fn wrap(recipient: u64, byte: u8) -> WrappedKey {
		let recipient = ParticipantId(recipient);
		WrappedKey { recipient, suite: SealingSuite::XWing, sealed: vec![byte] }
	}

	#[test]
	fn each_recipient_has_one_wrap_whoever_is_the_author() {
		let [own, to] = [1, 2].map(ParticipantId);
		let key = || Some(wrap(2, 9));
		let by_a_doctor = vec![wrap(10, 0), wrap(11, 0), wrap(1, 0)];
		let wraps = wraps_for(by_a_doctor, ParticipantId(11), own, key());
		assert_eq!(wraps, [wrap(10, 0), wrap(11, 0), wrap(2, 9)]);
		let by_the_receiver = vec![wrap(10, 0), wrap(2, 0), wrap(1, 0)];
		assert_eq!(wraps_for(by_the_receiver, to, own, key()), [wrap(10, 0), wrap(2, 9)]);
		let by_this_center = vec![wrap(10, 0), wrap(1, 0)];
		let wraps = wraps_for(by_this_center, own, own, key());
		assert_eq!(wraps, [wrap(10, 0), wrap(1, 0), wrap(2, 9)]);
		let patient_only = vec![wrap(10, 0), wrap(2, 0)];
		assert_eq!(wraps_for(patient_only.clone(), to, own, None), patient_only);
	}
}
