//! Long work on another thread: its progress is told, and it ends when nobody waits for it any more.

use std::{
	io::{self, Read},
	sync::{
		atomic::{AtomicBool, AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};

use crate::{
	error::{Context, Kind, Result},
	progress::Progress,
};

/// How often progress is told.
const PERIOD: Duration = Duration::from_millis(200);

/// How far the work has come, and whether it is still wanted.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
	done: AtomicU64,
	is_abandoned: AtomicBool,
}

impl Watch {
	/// The same reader; its bytes are counted, and it fails once nobody waits for them any more.
	pub(crate) const fn read<R: Read>(&self, from: R) -> Watched<'_, R> {
		Watched { from, watch: self }
	}
}

/// See [`Watch::read`].
pub(crate) struct Watched<'w, R> {
	from: R,
	watch: &'w Watch,
}

impl<R: Read> Read for Watched<'_, R> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		if self.watch.0.is_abandoned.load(Ordering::Relaxed) {
			return Err(io::Error::other("nobody waits for it any more"));
		}
		let length = self.from.read(buffer)?;
		self.watch.0.done.fetch_add(length as u64, Ordering::Relaxed);
		Ok(length)
	}
}

/// Ends the work when whoever waits for it is dropped, for example on an interrupt: the program could
/// not end before.
struct Abandon(Watch);

impl Drop for Abandon {
	fn drop(&mut self) {
		self.0 .0.is_abandoned.store(true, Ordering::Relaxed);
	}
}

/// Does `work` on another thread, and tells how many of `total` bytes are read through the watch.
pub(crate) async fn aside<T: Send + 'static>(
	progress: &dyn Progress,
	total: u64,
	work: impl FnOnce(&Watch) -> Result<T> + Send + 'static,
) -> Result<T> {
	let watch = Watch::default();
	let _abandon = Abandon(watch.clone());
	let theirs = watch.clone();
	let mut task = tokio::task::spawn_blocking(move || work(&theirs));
	loop {
		tokio::select! {
			done = &mut task => {
				return done.context(Kind::Other, || "the work was cut off".into())?;
			},
			() = tokio::time::sleep(PERIOD) => {
				progress.bytes(watch.0.done.load(Ordering::Relaxed).min(total), total);
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::progress::Silent;
	use std::sync::mpsc;

	#[tokio::test]
	async fn work_that_nobody_waits_for_any_more_ends() {
		let (sender, receiver) = mpsc::channel();
		let endless = aside(&Silent, 0, move |watch| {
			let copied = io::copy(&mut watch.read(io::repeat(0)), &mut io::sink());
			sender.send(copied.is_err()).unwrap();
			Ok(())
		});
		assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
		assert!(receiver.recv_timeout(Duration::from_secs(10)).unwrap(), "it was given up");
	}
}
