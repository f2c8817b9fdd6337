# shellcheck shell=bash
# What all scripts share: where things are, and how they speak. Sourced, never run.

WARD_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Everything that is downloaded or built lives here, outside of the checkout, so that all checkouts share it.
WARD_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ward
export WARD_ROOT WARD_CACHE
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$WARD_CACHE/target}
export WARD_FHIR_EXAMPLES=$WARD_CACHE/fhir-examples
export WARD_SYNTHEA=$WARD_CACHE/synthea

case ":$PATH:" in
*":$WARD_CACHE/venv/bin:"*) ;;
*) export PATH=$PATH:$HOME/.cargo/bin:$WARD_CACHE/venv/bin:$WARD_CACHE/tools/bin ;;
esac

# scripts/setup leaves this file where the wasm target had to be built from source.
if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && [ -s "$WARD_CACHE/wasm-toolchain.name" ]; then
	WASM_BUILD_TOOLCHAIN=$(<"$WARD_CACHE/wasm-toolchain.name")
	export WASM_BUILD_TOOLCHAIN
fi

# step WHAT: says what happens next.
step() { printf '\n==> %s\n' "$*" >&2; }

# die CAUSE REMEDY: ends the script.
die() {
	printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
	[ $# -lt 2 ] || printf '  what to do: %s\n' "$2" >&2
	exit 1
}

# usage SCRIPT: prints the comment at the top of a script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }
