//! A participant's keys: the account key that signs calls and requests, the sealing keys to which
//! data keys are wrapped, and the key that protects the journal. Encrypted at rest.

mod file;
mod passphrase;
mod seed;

pub use file::{KeyFile, KeyFileError, PublicKeys, Strength};
pub use passphrase::{Passphrase, PassphraseSource};
pub use seed::{read_seed, write_seed};

use ring::rand::{SecureRandom, SystemRandom};
use ward_crypto::{request::RequestKey, wrap::SealingSecret};
use ward_primitives::participant::SealingKey;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The keys of a participant, unlocked. Erased from memory when they are dropped.
pub struct Keys {
	account: RequestKey,
	/// The current one first; earlier ones open what was wrapped to them.
	sealing: Vec<SealingSecret>,
	journal: JournalKey,
	/// The account key that a rotation under way moves to.
	next_account: Option<RequestKey>,
}

/// The key that protects data keys in the journal.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct JournalKey(pub(crate) [u8; 32]);

impl Keys {
	/// New random keys.
	pub fn generate() -> Self {
		Self {
			account: RequestKey::generate(),
			sealing: vec![SealingSecret::generate()],
			journal: JournalKey(random()),
			next_account: None,
		}
	}

	/// New random keys, but for an account key that was made elsewhere.
	pub fn with_account(account: RequestKey) -> Self {
		Self { account, ..Self::generate() }
	}

	/// The key that signs calls and requests.
	pub const fn account(&self) -> &RequestKey {
		&self.account
	}

	/// All sealing keys, the current one first.
	pub fn sealing(&self) -> &[SealingSecret] {
		&self.sealing
	}

	/// The current sealing key as the chain knows it.
	pub fn sealing_key(&self) -> SealingKey {
		self.current_sealing().sealing_key()
	}

	/// The current sealing key.
	pub fn current_sealing(&self) -> &SealingSecret {
		self.sealing.first().expect("keys are made and read with at least one sealing key; qed")
	}

	/// The key that protects the journal.
	pub const fn journal(&self) -> &JournalKey {
		&self.journal
	}

	/// The account key that a rotation under way moves to.
	pub const fn next_account(&self) -> Option<&RequestKey> {
		self.next_account.as_ref()
	}

	/// Starts a rotation: from now on the file holds both account keys, so that neither a crash nor a
	/// lost answer can lose the one that the chain knows.
	pub fn begin_rotation(&mut self) -> &RequestKey {
		self.next_account.get_or_insert_with(RequestKey::generate)
	}

	/// Ends a rotation: the new account key takes the place of the old one, which is forgotten.
	pub fn finish_rotation(&mut self) {
		if let Some(next) = self.next_account.take() {
			self.account = next;
		}
	}

	/// Puts a new sealing key in front; the earlier ones stay.
	pub fn renew_sealing(&mut self) {
		self.sealing.insert(0, SealingSecret::generate());
	}

	/// The secrets: what the key file encrypts.
	fn to_secret(&self) -> Secret {
		Secret {
			account: *self.account.expose(),
			sealing: self.sealing.iter().map(|secret| *secret.expose()).collect(),
			journal: self.journal.0,
			next_account: self.next_account.as_ref().map(|key| *key.expose()),
		}
	}

	fn from_secret(secret: &Secret) -> Option<Self> {
		if secret.sealing.is_empty() {
			return None;
		}
		Some(Self {
			account: RequestKey::from_seed(secret.account),
			sealing: secret.sealing.iter().copied().map(SealingSecret::from_bytes).collect(),
			journal: JournalKey(secret.journal),
			next_account: secret.next_account.map(RequestKey::from_seed),
		})
	}
}

impl std::fmt::Debug for Keys {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("Keys(..)")
	}
}

/// The plaintext of a key file, version 1, in SCALE.
#[derive(codec::Encode, codec::Decode, Zeroize, ZeroizeOnDrop)]
struct Secret {
	account: [u8; 32],
	sealing: Vec<[u8; 32]>,
	journal: [u8; 32],
	next_account: Option<[u8; 32]>,
}

impl Secret {
	fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
		Zeroizing::new(codec::Encode::encode(self))
	}
}

/// Random bytes.
///
/// # Panics
/// If the operating system has no randomness to give.
pub(crate) fn random<const N: usize>() -> [u8; N] {
	let mut bytes = [0; N];
	SystemRandom::new().fill(&mut bytes).expect("the operating system has randomness to give; qed");
	bytes
}
