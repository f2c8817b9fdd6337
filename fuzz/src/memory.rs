//! How much memory something takes.

#![allow(unsafe_code)]

use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

thread_local! {
	/// What this thread has allocated and not freed. Below zero where it frees what others allocated.
	static HELD: Cell<isize> = const { Cell::new(0) };
	/// The most that it held since it was last asked.
	static MOST: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(change: isize) {
	// A thread that is ending has no such memory any more, and nobody asks about it.
	let _is_ending = HELD.try_with(|held| {
		held.set(held.get() + change);
		MOST.with(|most| most.set(most.get().max(held.get())));
	});
}

// SAFETY: everything is the system allocator's; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		count(layout.size() as isize);
		// SAFETY: the caller's promise.
		unsafe { System.alloc(layout) }
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		count(layout.size() as isize);
		// SAFETY: the caller's promise.
		unsafe { System.alloc_zeroed(layout) }
	}

	unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
		count(-(layout.size() as isize));
		// SAFETY: the caller's promise.
		unsafe { System.dealloc(place, layout) }
	}

	unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		count(size as isize - layout.size() as isize);
		// SAFETY: the caller's promise.
		unsafe { System.realloc(place, layout, size) }
	}
}

/// Does something that may hold no more than so many bytes at once on this thread.
///
/// # Panics
/// If it holds more.
pub fn within<Returned>(bound: usize, act: impl FnOnce() -> Returned) -> Returned {
	let before = HELD.get();
	MOST.set(before);
	let returned = act();
	let most = MOST.get() - before;
	assert!(most <= bound as isize, "{most} bytes were held at once, more than {bound}");
	returned
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_held_and_freed_counts() {
		within(1_100, || drop(Vec::<u8>::with_capacity(1_000)));
		let held = within(1_100, || Vec::<u8>::with_capacity(1_000));
		drop(held);
	}

	#[test]
	#[should_panic(expected = "bytes were held at once")]
	fn what_is_too_much_panics_although_it_was_freed() {
		within(900, || drop(Vec::<u8>::with_capacity(1_000)));
	}
}
