"""spec-version.py FILE: the spec_version of an uncompressed runtime, out of the section that nodes read it from."""

import sys


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def sections(wasm):
    if wasm[:8] != b"\0asm\1\0\0\0":
        sys.exit("this is no uncompressed wasm")
    at = 8
    while at < len(wasm):
        kind = wasm[at]
        size, at = leb128(wasm, at + 1)
        if kind == 0:
            length, start = leb128(wasm, at)
            yield wasm[start : start + length].decode(), wasm[start + length : at + size]
        at += size


wasm = open(sys.argv[1], "rb").read()
version = dict(sections(wasm)).get("runtime_version")
if version is None:
    sys.exit("this wasm has no section runtime_version")
# Two names, each after its length (below 64, so one byte of SCALE), then authoring, spec and impl version.
at = 0
for _ in range(2):
    at += 1 + (version[at] >> 2)
print(int.from_bytes(version[at + 4 : at + 8], "little"))
