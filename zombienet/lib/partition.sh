# shellcheck shell=bash
# The test `partition`.

source zombienet/lib/records.sh

link_port() { echo "$LISTEN"; }

# start_links near|far: those to each node, for nodes of the same or of the other side.
start_links() {
	local n side other
	for n in 1 2 3 4; do
		side=(1 2) other=(3 4)
		[ "$n" -le 2 ] || side=(3 4) other=(1 2)
		[ "$1" = near ] || side=("${other[@]}")
		LISTEN=$("$1_link_to" "$n")
		start_link "$1-$n" "$(p2p_port "$n")" --only-from "$(pid_file "${side[0]}")" "$(pid_file "${side[1]}")"
	done
}

join_sides() {
	local n
	start_links far
	for n in 1 2 3 4; do check "${NAMES[n]} has all its peers" eventually 90 has_peers "$n" 3; done
}

part_sides() {
	local n
	for n in 1 2 3 4; do stop_process "$DIRECTORY/pids/link-far-$n"; done
	for n in 1 2 3 4; do check "${NAMES[n]} has one peer" eventually 60 has_peers "$n" 1; done
}

# took_calls N NUMBER COUNT: whether blocks of node N after that one have so many calls.
took_calls() { [ "$(chain calls "$(url "$1")" "$2")" -ge "$3" ]; }

open() {
	local n
	story "Alice and Bob, Charlie and Dave are connected; centers A and B have vaults on different sides"
	start_links near
	join_sides
	finality_reaches 3 1 2 3 4
	open_practice a 1
	open_practice b 3
	PATIENT=$(enrol center-a patient patient "${CENTER_OF[a]}" --care)
	as patient keys export-public --out "$INPUT/patient.json" >/dev/null
	for n in 1 2; do enrol center-a "doctor-$n" practitioner "${CENTER_OF[a]}" >/dev/null; done
	remember PATIENT
	note_final 1 2 3 4
}

cut_and_join() {
	local n number one other
	story "The links are cut: both sides make blocks of their own, with the calls of their side, and finalize none"
	number=$(final_at 1)
	part_sides
	deposit doctor-1 a 1 --patient-key "$INPUT/patient.json" &
	one=$!
	deposit doctor-2 b 1 --patient-key "$INPUT/patient.json" --on-behalf-of "${CENTER_OF[a]}" &
	other=$!
	check "nobody finalizes anything" eventually 90 have_stopped 1 2 3 4
	note_final 1 2 3 4
	for n in 1 3; do check "${NAMES[n]} has calls of its side" eventually 30 took_calls "$n" "$number" 1; done
	check "there are two histories" chain forked "$(url 1)" "$(url 3)" "$number"
	for n in 1 2 3 4; do
		check "${NAMES[n]} has still one peer" has_peers "$n" 1
		check "${NAMES[n]} has finalized nothing" equal "$(final_at "$n")" "${STOPPED_AT[$n]}"
	done

	story "The links are back: finality goes on, and the calls of both sides come through"
	join_sides
	finality_reaches "$(best_at 1)" 1 2 3 4
	check "the deposit of the one side" wait "$one"
	check "the deposit of the other side" wait "$other"
}

compare() {
	story "There is one history, in which nothing that was final is missing"
	finality_reaches "$(best_at 1)" 1 2 3 4
	one_history 1 2 3 4 >/dev/null
	check "what was final before is still there" still_final 1 2 3 4

	story "Every record of both sides is on all four, once, and reads back bit for bit"
	check "all are anchored" equal "$(anchored | wc -l)" 8
	check "all are on the chain" all_on_chain 1 2 3 4
	check "all read back" all_read_back
	check "none was made twice" nothing_twice
}
