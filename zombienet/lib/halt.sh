# shellcheck shell=bash
# The test `halt`.

source zombienet/lib/records.sh

# reads_for PURPOSE: the doctor gets the record bit for bit; what is told of it is in read.json.
reads_for() {
	at 1 doctor get "$RECORD" --purpose "$1" --out "$INPUT/read" >"$INPUT/read.json" && cmp "$INPUT/content" "$INPUT/read" &&
		rm "$INPUT/read"
}

# reads_marked: as above in an emergency, and the answer says that finality stands still.
reads_marked() { reads_for ETREAT && equal "$(field contingency.trouble <"$INPUT/read.json")" chain-stalled; }

# closed_for ACTOR PURPOSE: the actor is told why there is nothing, and gets nothing.
closed_for() {
	refused 8 chain-stalled at 1 "$1" get "$RECORD" --purpose "$2" --out "$INPUT/none" && test ! -e "$INPUT/none"
}

open() {
	story "A center with a vault, a patient, a doctor, and a record"
	open_practice a 1
	PATIENT=$(enrol center-a patient patient "${CENTER_OF[a]}" --care)
	enrol center-a doctor practitioner "${CENTER_OF[a]}" >/dev/null
	head -c 100000 /dev/urandom >"$INPUT/content"
	RECORD=$(put a content)
	check "the doctor reads it" reads_for TREAT
	remember PATIENT RECORD
	note_final 1 2 3 4
}

stopped() {
	local n
	story "Blocks go on, and none of them becomes final any more"
	check "they finalize nothing" eventually 90 have_stopped 1 2
	note_final 1 2

	story "The vault closes, and serves its own staff in emergencies only"
	check "it says so" eventually 90 stands a contingency finality chain-stalled
	check "the doctor in an emergency" reads_marked
	check "the doctor for treatment" closed_for doctor TREAT
	check "the patient" closed_for patient PATRQT

	story "All the while nothing has become final, though blocks were made"
	for n in 1 2; do
		check "${NAMES[n]} has more blocks" reaches "$n" $((SEEN[n] + 8))
		check "${NAMES[n]} has finalized none" equal "$(final_at "$n")" "${STOPPED_AT[$n]}"
	done
	one_history 1 2 >/dev/null
	remember STOPPED_AT
}

resumed() {
	local n number
	number=$(best_at 1)
	story "Two are back: what was made meanwhile becomes final, and more"
	finality_reaches $((number + 4)) 1 2 3 4
	for n in 3 4; do
		check "${NAMES[n]} authors" eventually 60 authored "$n" "$number"
		check "${NAMES[n]} votes" eventually 60 voted "$n" "$number"
	done

	story "The vault is open again, by itself"
	check "it says so" eventually 60 stands a open
	check "the doctor reads for treatment" reads_for TREAT
	RECORD=$(put a content)
	check "and what is new" reads_for TREAT

	story "All have one history, in which nothing that was final is missing"
	one_history 1 2 3 4 >/dev/null
	check "what was final before is still there" still_final 1 2 3 4
}
