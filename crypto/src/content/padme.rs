//! Padmé padding.

/// The length that `len` bytes are padded to (Padmé): at most 12 % more, and all lengths of one order
/// of magnitude fall on few values. `u64::MAX` where the padded length would not fit.
pub const fn padme(len: u64) -> u64 {
	if len < 2 {
		return len;
	}
	let exponent = len.ilog2();
	let mantissa_bits = exponent.ilog2() + 1;
	let mask = (1u64 << (exponent - mantissa_bits)) - 1;
	match len.checked_add(mask) {
		Some(rounded) => rounded & !mask,
		None => u64::MAX,
	}
}
