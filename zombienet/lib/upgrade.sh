# shellcheck shell=bash
# The test `upgrade`. scripts/zombienet has built the new runtime: $INPUT/next.wasm.

source zombienet/lib/records.sh
NAMES[5]=from-genesis NAMES[6]=by-warp

# version_at N: which version of the runtime node N runs on.
version_at() { rpc "$1" state_getRuntimeVersion | field result.specVersion; }
is_version() { equal "$(version_at "$1")" "$2"; }

# code_of N: the hash of the code that is on the chain at node N's last final block.
code_of() { "$BIN/ward-vault" runtime-hash --node "ws://127.0.0.1:$(rpc_port "$1")"; }

open() {
	story "A center with a vault that trusts both runtimes, a patient, and two doctors who are about to write"
	NEXT=$(scripts/runtime hash "$INPUT/next.wasm")
	RUNTIME=$(code_of 1)
	check "they differ" test "$RUNTIME" != "$NEXT"
	RUNTIME+=,$NEXT
	open_practice a 1
	PATIENT=$(enrol center-a patient patient "${CENTER_OF[a]}" --care)
	as patient keys export-public --out "$INPUT/patient.json" >/dev/null
	local n
	for n in 1 2; do enrol center-a "doctor-$n" practitioner "${CENTER_OF[a]}" >/dev/null; done
	remember PATIENT NEXT
}

upgrade_under_load() {
	local n version before
	version=$(version_at 1)
	story "While they write, the council authorizes the new runtime by its hash, and anybody hands it in"
	# On a busy machine the nodes do not answer while they compile the new one.
	SEND_AGAIN=node-unreachable
	start_depositing a doctor-1 doctor-2
	check "they write" eventually 60 more_anchored 4
	check "nothing else is taken" fails 6 as patient council upgrade apply "$INPUT/next.wasm"
	check "the motion is carried" carry upgrade --code-hash "$NEXT"
	check "the code is taken" as patient council upgrade apply "$INPUT/next.wasm" >/dev/null

	story "All run on it, and the writing goes on"
	for n in 1 2 3 4; do check "${NAMES[n]} is on version $((version + 1))" eventually 60 is_version "$n" $((version + 1)); done
	before=$(anchored | wc -l)
	check "records are anchored" eventually 60 more_anchored $((before + 8))
	check "the vault is open" stands a open
	stop_depositing
	finality_reaches $(($(best_at 1) + 2)) 1 2 3 4
	check "the code is what was voted for" equal "$(code_of 1)" "$NEXT"
	check "every record reads back" all_read_back
	check "none was made twice" nothing_twice
	VERSION=$((version + 1))
	remember VERSION
}

sync() {
	local n number
	story "A new node gets all blocks from the first on, over the upgrade"
	number=$(best_at 1)
	start_extra 5 --state-pruning archive
	check "it is where the others are" eventually 120 finalizes_to 5 "$number"
	check "on the new runtime" is_version 5 "$VERSION"
	check "with every record" all_on_chain 5
	one_history 1 2 3 4 5 >/dev/null

	story "Another gets there by warp sync"
	number=$(best_at 1)
	start_extra 6 --sync warp
	check "it is where the others are" eventually 120 finalizes_to 6 "$number"
	check "by warp" grep -q "Warp sync is complete" "$DIRECTORY/logs/node-by-warp.log"
	check "on the new runtime" is_version 6 "$VERSION"
	check "with every record" all_on_chain 6
	check "and it gets the blocks before, too" eventually 90 one_history 1 6
}
