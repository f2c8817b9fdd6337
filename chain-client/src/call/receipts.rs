//! Storage receipts.

use codec::Encode;
use ward_primitives::Moment;

use super::Call;

impl Call {
	fn receipts(name: &'static str, args: impl Encode) -> Self {
		Self::new("Receipts", name, args)
	}

	/// Sets how long an epoch of storage receipts lasts, in milliseconds. For the consortium's council
	/// only.
	pub fn set_epoch_length(length: Moment) -> Self {
		Self::receipts("set_epoch_length", length)
	}

	/// Has the chain forget how long the access log of the signing center's vault was, after a loss.
	pub fn restart_log() -> Self {
		Self::receipts("restart_log", ())
	}
}
