# shellcheck shell=bash
# The test `double`.

# shellcheck disable=SC2034 # See network.sh.
NAMES[6]=dave-copy
# The center of Dave.
CENTER=5

copy() {
	story "Dave's operator copies the machine with its keys, and starts both"
	check "the seat is in order" seat_is $CENTER row.suspension null
	mkdir -p "$(data_of 6)"
	cp -r "$(data_of 4)/keystore" "$(data_of 6)/"
	start_extra 6 --validator
	check "the copy follows" eventually 60 finalizes_to 6 1

	story "Both author in one slot and vote in one round: the others prove what came first, and the seat is suspended"
	check "the seat is suspended" eventually 90 is_suspended
	check "the center itself is not" equal "$(field active < <(as authority show participant $CENTER))" true
}

# is_suspended: for one or the other.
is_suspended() { seat_is $CENTER row.suspension.breach double-authoring || seat_is $CENTER row.suspension.breach double-voting; }

leave() {
	local number n
	story "At the next session the seat is out of the set"
	check "it does not sit" eventually 90 seat_is $CENTER sits false
	check "three are left" equal "$(session seats)" 3
	number=$(best_at 1)

	story "Neither machine authors any more, and three go on"
	finality_reaches $((number + 9)) 1 2 3
	check "nothing is authored with its keys" has_not_authored 4 "$number"
	check "nor voted" has_not_voted 4 "$number"
	for n in 1 2 3; do check "${NAMES[n]} authors" authored $n "$number"; done
}

come_back() {
	local number
	story "The copy is stopped for good, and the council reinstates the seat: it authors again, on one machine"
	stop_process "$(pid_file 6)"
	check "the motion is carried" carry reinstate-seat $CENTER
	number=$(best_at 1)
	check "it sits" eventually 120 seat_is $CENTER sits true
	check "it authors" eventually 60 authored 4 "$number"
	check "it votes" eventually 60 voted 4 "$number"
	check "it stays in order" seat_is $CENTER row.suspension null

	story "All have one history"
	one_history 1 2 3 4 >/dev/null
}
