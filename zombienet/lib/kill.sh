# shellcheck shell=bash
# The test `kill`.

source zombienet/lib/records.sh

open() {
	story "A center with a vault, a patient, and two doctors who are about to write"
	open_practice a 1
	PATIENT=$(enrol center-a patient patient "${CENTER_OF[a]}" --care)
	as patient keys export-public --out "$INPUT/patient.json" >/dev/null
	local n
	for n in 1 2; do enrol center-a "doctor-$n" practitioner "${CENTER_OF[a]}" >/dev/null; done
	remember PATIENT
}

kill_one() {
	local number before
	story "While they write, Dave is killed: blocks and finality go on, and so does the writing"
	start_depositing a doctor-1 doctor-2
	check "they write" eventually 60 more_anchored 8
	number=$(final_at 1)
	note_final 1 2 3 4
	kill_node 4
	before=$(anchored | wc -l)
	finality_reaches $((number + 10)) 1 2 3
	check "records are anchored meanwhile" eventually 60 more_anchored $((before + 8))

	story "Dave returns, catches up, authors and votes, under the same load"
	number=$(best_at 1)
	return_node 4
	check "it catches up" eventually 120 finalizes_to 4 "$number"
	check "it has all its peers" eventually 60 has_peers 4 3
	check "it authors" eventually 60 authored 4 "$number"
	check "it votes" eventually 60 voted 4 "$number"
	stop_depositing
}

read_all() {
	story "Every anchored record is on all four, and reads back bit for bit"
	finality_reaches "$(best_at 1)" 1 2 3 4
	check "all are on the chain" all_on_chain 1 2 3 4
	check "all read back" all_read_back
	check "none was made twice" nothing_twice

	story "All have one history, in which nothing that was final is missing"
	one_history 1 2 3 4 >/dev/null
	check "what was final before is still there" still_final 1 2 3 4
}
