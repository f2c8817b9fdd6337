//! The yardstick: `openssl speed` of the same AEAD.

use std::process::{Command, Stdio};

use ward_client::{
	error::{Context, Error, Kind},
	Result,
};

/// OpenSSL's name of the AEAD that Ward seals with.
const CIPHER: &str = "chacha20-poly1305";

/// Which OpenSSL it is.
pub(super) fn version() -> Result<String> {
	let output = run(&["version"])?;
	Ok(output.split(" (").next().unwrap_or_default().trim().to_owned())
}

/// The bytes that OpenSSL encrypts in a second of CPU time, in blocks of `block` bytes.
pub(super) fn bytes_per_second(block: usize, seconds: u32) -> Result<f64> {
	let (seconds, block) = (seconds.to_string(), block.to_string());
	let output = run(&["speed", "-mr", "-seconds", &seconds, "-bytes", &block, "-evp", CIPHER])?;
	parse(&output).ok_or_else(|| {
		Error::new(Kind::Other, format!("`openssl speed` printed no result: {}", output.trim()))
			.hint("check that `openssl speed -mr -evp chacha20-poly1305` works here")
	})
}

fn run(arguments: &[&str]) -> Result<String> {
	let what = || format!("`openssl {}` cannot be run", arguments.join(" "));
	let output = Command::new("openssl")
		.args(arguments)
		.stdin(Stdio::null())
		.output()
		.context(Kind::Other, what)
		.map_err(|error| error.hint("install OpenSSL's command, for example with scripts/setup"))?;
	match output.status.success() {
		true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
		false => Err(Error::new(Kind::Other, what())
			.caused_by(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
	}
}

/// The last field of `+F:25:ChaCha20-Poly1305:3748659200.00`.
fn parse(output: &str) -> Option<f64> {
	let line = output.lines().find_map(|line| line.strip_prefix("+F:"))?;
	line.rsplit(':').next()?.trim().parse().ok().filter(|speed| *speed > 0.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_speed_is_read_from_the_machine_readable_output() {
		let output = "+H:65536\n+F:25:ChaCha20-Poly1305:3748659200.00\n";
		assert_eq!(parse(output), Some(3_748_659_200.0));
		for bad in ["", "+H:65536\n", "+F:25:ChaCha20-Poly1305:nan?\n", "+F:25:x:0.00\n"] {
			assert_eq!(parse(bad), None, "{bad}");
		}
	}
}
