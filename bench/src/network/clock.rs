//! A clock that stands still until it is set: it lets authorities author hours of blocks in minutes.

use std::{
	fs,
	path::{Path, PathBuf},
	time::Duration,
};

use tokio::{
	task::JoinHandle,
	time::{sleep, timeout},
};
use ward_client::{
	error::{Context, Error, Kind},
	Result,
};

use crate::{load::node::Node, progress::Progress};

/// How far each slot has gone when the clock stands still, of a slot of two seconds: what is left is
/// how long an authority then sleeps, and two thirds of it the time that it has for a block.
const PHASE: Duration = Duration::from_millis(1_940);

const SLOT: Duration = Duration::from_secs(2);

/// How long the next block may take before its slot is given up.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pause before the nodes are asked again.
const PAUSE: Duration = Duration::from_millis(5);

/// How many slots may pass in vain for each block.
const SLOTS_PER_BLOCK: u64 = 2;

/// The clock: a file that libfaketime reads in the processes of the authorities.
pub(super) struct Clock {
	file: PathBuf,
	slot: u64,
}

impl Clock {
	/// The clock in a file, which whoever started the authorities has set to a moment so long ago that
	/// all blocks end before the present: other nodes import nothing from the future.
	pub(super) fn of(file: &Path) -> Result<Self> {
		let unreadable = || format!("{} holds no time", file.display());
		let text = fs::read_to_string(file).context(Kind::Usage, unreadable)?;
		let seconds = text.split(['.', '\n']).next().and_then(|text| text.parse::<u64>().ok());
		let seconds = seconds.ok_or_else(|| Error::new(Kind::Usage, unreadable()))?;
		Ok(Self { file: file.into(), slot: seconds / SLOT.as_secs() })
	}

	/// The next slot.
	fn advance(&mut self) -> Result<()> {
		self.slot += 1;
		let time = Duration::from_secs(self.slot * SLOT.as_secs()) + PHASE;
		let unwritable = || format!("{} cannot be written", self.file.display());
		let new = self.file.with_extension("new");
		// Nobody reads half of it.
		fs::write(&new, format!("{}.{:03}\n", time.as_secs(), time.subsec_millis()))
			.and_then(|()| fs::rename(&new, &self.file))
			.context(Kind::Other, unwritable)
	}

	/// Goes on with the speed of any clock, until the task is aborted.
	pub(super) fn go_on(mut self) -> JoinHandle<Result<()>> {
		tokio::spawn(async move {
			loop {
				sleep(SLOT).await;
				self.advance()?;
			}
		})
	}

	/// Lets the authorities author until there are so many blocks.
	pub(super) async fn author(&mut self, nodes: &[Node], blocks: u64) -> Result<()> {
		let progress = Progress::new(blocks);
		let last = self.slot + blocks * SLOTS_PER_BLOCK;
		let mut best = lowest(nodes).await?;
		while best < blocks {
			progress.at(best, "authoring with a clock that is ahead".into());
			if self.slot >= last {
				let what = format!("{best} blocks in {} slots", blocks * SLOTS_PER_BLOCK);
				return Err(Error::new(Kind::Node, what).hint("see the nodes' logs"));
			}
			self.advance()?;
			let next = async {
				loop {
					match lowest(nodes).await? {
						number if number > best => return Ok::<_, Error>(number),
						_ => sleep(PAUSE).await,
					}
				}
			};
			if let Ok(number) = timeout(PATIENCE, next).await {
				best = number?;
			}
		}
		Ok(())
	}
}

/// The lowest of the heads.
async fn lowest(nodes: &[Node]) -> Result<u64> {
	let nodes = futures::future::try_join_all(nodes.iter().map(Node::progress)).await?;
	Ok(nodes.iter().map(|node| node.best).min().unwrap_or(0))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_clock_goes_on_from_what_the_file_says_in_whole_slots() {
		let dir = tempfile::tempdir().unwrap();
		let file = dir.path().join("clock");
		assert!(Clock::of(&file).is_err());
		fs::write(&file, "1000001\n").unwrap();
		Clock::of(&file).unwrap().advance().unwrap();
		assert_eq!(fs::read_to_string(&file).unwrap(), "1000003.940\n");
		Clock::of(&file).unwrap().advance().unwrap();
		assert_eq!(fs::read_to_string(&file).unwrap(), "1000005.940\n");
	}
}
