# shellcheck shell=bash
# Steps that prove something, counted. Sourced by scripts that play on a network.

PASSED=0 STORY='' STARTED=$SECONDS
NAME=$(basename "$0")

# A command that fails outside of a check ends the script, and not in silence.
set -E
trap 'printf "\n%s: step %d failed (%s): line %d of %s: %s\n" "$NAME" $((PASSED + 1)) "$STORY" "$LINENO" "${BASH_SOURCE[0]}" "$BASH_COMMAND" >&2' ERR

# story WHAT: names the step that the following lines prove.
story() {
	[ -z "$STORY" ] || PASSED=$((PASSED + 1))
	STORY=$1
	printf '%3ds  %2d. %s\n' $((SECONDS - STARTED)) $((PASSED + 1)) "$1" >&2
}

# check WHAT COMMAND...: the command succeeds, or the script fails.
check() {
	local what=$1
	shift
	"$@" && return
	printf '\n%s: step %d failed (%s): %s\n' "$NAME" $((PASSED + 1)) "$STORY" "$what" >&2
	printf '%s: logs are in %s\n' "$NAME" "$DIRECTORY/logs" >&2
	printf '%s: %d steps passed, 1 failed\n' "$NAME" "$PASSED"
	exit 1
}

# passed: ends the last step, and says how many passed.
passed() { printf '%s: %d steps passed, 0 failed\n' "$NAME" $((PASSED + 1)); }

# equal ACTUAL EXPECTED
equal() { [ "$1" = "$2" ] || { printf '      expected %s, got %s\n' "$2" "$1" >&2 && return 1; }; }

# fails CODE COMMAND...: the command fails with this exit code. What it says is in $ERRORS.
fails() { fails_with_any "$@"; }

# fails_with_any 'CODES' COMMAND...: the command fails with one of these exit codes.
fails_with_any() {
	local codes=$1 status=0
	shift
	EXPECT_FAILURE=yes "$@" >/dev/null || status=$?
	[[ " $codes " == *" $status "* ]] || {
		printf '      exit code %s instead of %s\n' "$status" "$codes" >&2
		cat "$ERRORS" >&2
		return 1
	}
}

# refused CODE ERROR COMMAND...: the command fails with this exit code, and with this error's code, cause and remedy.
refused() {
	fails "$1" "${@:3}" && equal "$(field error.code <"$ERRORS")" "$2" && test -n "$(field error.message <"$ERRORS")" &&
		test "$(field error.hint <"$ERRORS")" != null
}
