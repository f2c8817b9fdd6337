# shellcheck shell=bash
# The record story beside a network's troubles: real vaults, `ward put`, `ward get`. Sourced by tests.

source scripts/lib/damage.sh

# open_practice VAULT N: a center with a vault beside node N, which may serve its own staff in contingency.
open_practice() {
	local center=center-$1
	RUNTIME=${RUNTIME:-$("$BIN/ward-vault" runtime-hash --node "ws://127.0.0.1:$(rpc_port 1)")}
	NODE_OF[$1]=$2
	CENTER_OF[$1]=$(enrol authority "$center" medical-center 1)
	VAULT_OPTIONS="--contingency-hours 2" open_vault "$1" "$center" "${CENTER_OF[$1]}" "${PORTS_OF[$1]}" "$2"
	stop_vault "$1"
	run "vault-$1" "$BIN/ward-vault" run --data-dir "$DIRECTORY/vault-$1" --center "${CENTER_OF[$1]}" \
		--node "ws://127.0.0.1:$(rpc_port "$2")" --listen "127.0.0.1:$(vault_port "${PORTS_OF[$1]}")" \
		--operator-listen "$(operator "$1")" --allow-plain-http --contingency-hours 2 --runtime "$RUNTIME"
	check "vault $1 is open" eventually 60 stands "$1" open
	remember RUNTIME CENTER_OF NODE_OF
}
declare -A NODE_OF=()

# deposit WRITER VAULT ROUND [OPTION...]: the writer puts four new files about the patient, at the vault's node. What is
# anchored is noted, as lines of record and file. What fails with one of the error codes in
# $SEND_AGAIN is sent once more, when the node answers, as the hints of these errors say.
deposit() {
	local ERRORS=$DIRECTORY/errors-$1.json n files=()
	for n in 1 2 3 4; do
		files+=("$INPUT/$1-$3-$n")
		head -c 20000 /dev/urandom >"${files[-1]}"
	done
	local putting=(at "${NODE_OF[$2]}" "$1" put "${files[@]}" --patient "$PATIENT" --vault-of "${CENTER_OF[$2]}" "${@:4}")
	"${putting[@]}" >"$INPUT/$1-$3.json" || {
		[[ " ${SEND_AGAIN:-} " == *" $(field error.code <"$ERRORS") "* ]] && eventually 60 rpc "${NODE_OF[$2]}" system_health &&
			"${putting[@]}" >"$INPUT/$1-$3.json"
	} || return 1
	python3 -c '
import json, sys
outcomes = json.load(open(sys.argv[1]))
for outcome, path in zip(outcomes, sys.argv[2:], strict=True):
    print(outcome["record"], path)' "$INPUT/$1-$3.json" "${files[@]}" >>"$DIRECTORY/anchored-$1"
}

# keep_depositing WRITER VAULT: round after round until `stop_depositing`; each that fails ends it.
keep_depositing() {
	local round=0
	until [ -e "$DIRECTORY/stop-load" ]; do
		round=$((round + 1))
		deposit "$1" "$2" "$round"
	done
}

# start_depositing VAULT WRITER...
WRITERS=()
start_depositing() {
	local writer
	for writer in "${@:2}"; do
		: >"$DIRECTORY/anchored-$writer"
		keep_depositing "$writer" "$1" &
		WRITERS+=($!)
	done
}

stop_depositing() {
	local writer
	: >"$DIRECTORY/stop-load"
	for writer in "${WRITERS[@]}"; do check "no deposit failed" wait "$writer"; done
	WRITERS=()
}

# anchored: lines of record and file.
anchored() { cat "$DIRECTORY"/anchored-*; }
# nothing_twice: the patient has as many records as were anchored.
nothing_twice() { equal "$(records)" "$(anchored | wc -l)"; }
more_anchored() { [ "$(anchored | wc -l)" -gt "$1" ]; }

# all_read_back: the patient gets every anchored record bit for bit.
all_read_back() {
	local record file count=0
	while read -r record file; do
		at 1 patient get "$record" --out "$INPUT/.read" </dev/null >/dev/null && cmp "$file" "$INPUT/.read" && rm "$INPUT/.read" || return 1
		count=$((count + 1))
	done < <(anchored)
	printf '      %d records read back\n' "$count" >&2
	[ "$count" -gt 0 ]
}

# all_on_chain N...: each of these nodes has every anchored record, once.
all_on_chain() {
	local n records
	mapfile -t records < <(anchored | cut -d ' ' -f 1)
	for n; do
		at "$n" patient records >"$INPUT/records.json" || return 1
		python3 -c '
import json, sys
known = [row["record"] for row in json.load(open(sys.argv[1]))]
missing = [record for record in sys.argv[2:] if known.count(record) != 1]
sys.exit(f"not there, or not once: {missing}" if missing else 0)' "$INPUT/records.json" "${records[@]}" || return 1
	done
}
