//! Bytes that somebody else chose.

/// What the engine chose, read as a choice of bytes: raw ones, or one of `valid` with a few changes.
/// Without changes where `choices` is short.
pub fn foreign(choices: &[u8], valid: &[Vec<u8>]) -> Vec<u8> {
	let Some((kind, rest)) = choices.split_first() else { return Vec::new() };
	// One in four is raw.
	match valid.get(usize::from(*kind / 4) % valid.len().max(1)) {
		Some(valid) if kind % 4 > 0 => changed(valid.clone(), rest),
		_ => rest.to_vec(),
	}
}

/// How many changes are made at most. After more of them hardly anything is left of the original.
const MOST_CHANGES: usize = 6;

fn changed(mut bytes: Vec<u8>, choices: &[u8]) -> Vec<u8> {
	let (many, mut choices) = match choices.split_first() {
		Some((many, rest)) => (usize::from(*many) % (MOST_CHANGES + 1), rest),
		None => return bytes,
	};
	for _ in 0..many {
		let Some((change, rest)) = choices.split_first_chunk::<5>() else { break };
		choices = rest;
		let [how, high, low, value, length] = *change;
		let place = usize::from(u16::from_be_bytes([high, low]));
		let place = place % (bytes.len() + 1);
		match how % 7 {
			0 => bytes.truncate(place),
			1 => bytes.insert(place, value),
			// A few bytes of the engine's choice in their place.
			2 => {
				let few = choices.split_at(choices.len().min(usize::from(length) % 16)).0;
				let end = bytes.len().min(place + few.len());
				bytes.splice(place..end, few.iter().copied());
			},
			// A piece of it once more.
			3 => {
				let end = bytes.len().min(place + usize::from(length));
				let piece = bytes[place..end].to_vec();
				let to = usize::from(value) * 7 % (bytes.len() + 1);
				bytes.splice(to..to, piece);
			},
			4 => drop(bytes.drain(place..bytes.len().min(place + usize::from(length)))),
			5 => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << (value % 8)),
			// What lengths and numbers like to go wrong at.
			_ => {
				let end = bytes.len().min(place + usize::from(length) % 9);
				let extreme = [0x00, 0xff, 0x7f, 0x80][usize::from(value) % 4];
				bytes[place..end].fill(extreme);
			},
		}
	}
	bytes
}

/// The bytes as text.
pub fn as_text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
