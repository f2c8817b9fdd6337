//! # Governance Pallet
//!
//! Lets a two-thirds majority of the council act with the chain's highest power, for a fixed list of
//! calls.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for more information about the interfaces this pallet exposes,
//! including its configuration trait, dispatchables, events and errors.
//!
//! ## Overview
//!
//! Some calls are for nobody alone: admitting a health authority, giving a center a seat,
//! authorizing a new runtime. They demand the origin Root. Ward has no sudo key, and a motion of the
//! council does not have that origin either: it is executed as "so many members of so many". Without
//! this pallet nothing and nobody could ever make such a call, and the chain could never be
//! upgraded. So the council puts the call into [`enact`](pallet::Pallet::enact), and a motion with a
//! majority of two thirds carries it out.
//!
//! What the council can do this way is on a list in the runtime. It cannot widen the list except by
//! a new runtime, whose code hash everyone can check before it is applied.
//!
//! ### Example
//!
//! An operator publishes a new runtime. A member proposes the motion
//! `governance.enact(system.authorize_upgrade(code_hash))`; when two thirds have voted for it and it
//! is closed, the hash is authorized, and anyone may hand in the code that has it.
//!
//! ## Low Level / Implementation Details
//!
//! ### Design Goals
//!
//! - No power without a majority, and none beyond the list.
//! - A motion that fails says so: the inner call's error is the outer one's, so that the council's
//!   event `Executed` carries it. An event of this pallet would be undone with the rest.
//!
//! ### Design
//!
//! The list names calls one by one. Calls that carry other calls (this one, batches) have no place on
//! it: the list is checked for the outermost call only.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
#[allow(unused_qualifications)] // What the macro expands to is not ours to shorten.
pub mod pallet {
	use alloc::boxed::Box;

	use frame_support::{
		dispatch::{extract_actual_weight, GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::Contains,
	};
	use frame_system::{pallet_prelude::*, RawOrigin};
	use sp_runtime::{
		traits::{Dispatchable, Hash},
		DispatchErrorWithPostInfo,
	};

	use crate::WeightInfo;

	type CallOf<T> = <T as frame_system::Config>::RuntimeCall;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What the runtime must provide.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeCall: Dispatchable<PostInfo = PostDispatchInfo>>
	{
		/// Who may enact: a two-thirds majority of the council.
		type EnactOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The calls that can be enacted. Calls that carry other calls do not belong here.
		type Allowed: Contains<CallOf<Self>>;

		/// The weights of this pallet's calls.
		type WeightInfo: WeightInfo;
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A call was carried out with the origin Root.
		Enacted {
			/// The hash of the call.
			call_hash: T::Hash,
		},
	}

	/// Why a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The call is not on the list of those that the council may enact; the runtime names them.
		NotAllowed,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Carries out a call with the origin Root.
		///
		/// ## Dispatch Origin
		///
		/// A two-thirds majority of the council: propose this call as a motion.
		///
		/// ## Details
		///
		/// Only calls on the runtime's list can be enacted. If the inner call fails, so does this one,
		/// with the same error and without any effect; the council's event `Executed` shows it.
		///
		/// ## Errors
		///
		/// - [`Error::NotAllowed`]: the call is not on the list.
		/// - Whatever the inner call fails with.
		///
		/// ## Events
		///
		/// - [`Event::Enacted`], and those of the inner call.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::enact().saturating_add(call.get_dispatch_info().call_weight),
			DispatchClass::Operational,
		))]
		pub fn enact(origin: OriginFor<T>, call: Box<CallOf<T>>) -> DispatchResultWithPostInfo {
			T::EnactOrigin::ensure_origin(origin)?;
			ensure!(T::Allowed::contains(&call), Error::<T>::NotAllowed);

			let call_hash = T::Hashing::hash_of(&call);
			let info = call.get_dispatch_info();
			let result = call.dispatch(RawOrigin::Root.into());
			let inner = extract_actual_weight(&result, &info);
			let actual_weight = Some(T::WeightInfo::enact().saturating_add(inner));
			let post_info = PostDispatchInfo { actual_weight, pays_fee: Pays::Yes };
			result.map_err(|failed| DispatchErrorWithPostInfo { post_info, ..failed })?;

			Self::deposit_event(Event::Enacted { call_hash });
			Ok(post_info)
		}
	}
}
