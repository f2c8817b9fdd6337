//! The directory of a network that `scripts/lib/network.sh` has started: keys and processes.

use std::{fs, path::Path};

use ward_client::{
	error::{Context, Error, Kind},
	keys::{Keys, Passphrase},
	Home, Result,
};

/// The keys of somebody with a home and a passphrase in the network's directory.
pub(crate) fn keys_of(network: &Path, name: &str) -> Result<Keys> {
	let file = network.join(format!("keys/{name}.passphrase"));
	let text = fs::read_to_string(&file)
		.context(Kind::Usage, || format!("{} cannot be read", file.display()))?;
	let passphrase = Passphrase::new(text.trim_end_matches('\n').as_bytes().to_vec())
		.ok_or_else(|| Error::new(Kind::Usage, format!("{} is empty", file.display())))?;
	Ok(Home::new(network.join("homes").join(name)).keys().unlock(&passphrase)?)
}

/// The process with this name.
pub(crate) fn pid_of(network: &Path, name: &str) -> Result<u32> {
	let file = network.join("pids").join(name);
	let pid = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
	pid.ok_or_else(|| {
		Error::new(Kind::Usage, format!("{} names no process", file.display()))
			.hint("let scripts/bench start the network")
	})
}
