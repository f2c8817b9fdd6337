# shellcheck shell=bash
# The test `admit`.

grant() {
	story "A health authority accredits a fifth center, which starts a node"
	CENTER=$(enrol authority center-e medical-center 1)
	start_extra 5 --validator --state-pruning archive
	check "the node gets the chain" eventually 90 finalizes_to 5 "$(final_at 1)"

	story "The council votes for a seat of the new center, which cannot take it before"
	check "there is no seat to take" fails 6 at 5 center-e seat take
	check "the motion is carried" carry grant-seat "$CENTER"
	check "without session keys it cannot take it" refused 6 Authorities::KeysMissing at 5 center-e seat take
	remember CENTER
}

join() {
	local number keys before
	story "Its node makes session keys, and it takes the seat"
	keys=$(field sessionKeys < <(at 5 center-e seat rotate-keys))
	# shellcheck disable=SC2034 # See network.sh.
	AURA[5]=${keys:0:66} GRANDPA[5]=0x${keys:66}
	number=$(final_at 1)
	at 5 center-e seat take >/dev/null
	before=$(session index)

	story "Two sessions later it is in the set, authors and votes"
	check "it sits" eventually 120 seat_is "$CENTER" sits true
	check "within two sessions" test "$(session index)" -le $((before + 2))
	check "it authors" eventually 60 authored 5 "$number"
	check "it votes" eventually 60 voted 5 "$number"
	check "there are five seats" equal "$(session seats)" 5
	remember AURA GRANDPA
}

remove() {
	local number
	story "The council revokes the seat: it is out within two sessions"
	check "the motion is carried" carry revoke-seat "$CENTER"
	check "there are four seats" eventually 120 has_seats 4

	story "It authors nothing any more and votes no more, and the four go on"
	number=$(best_at 1)
	finality_reaches $((number + 12)) 1 2 3 4 5
	check "it authors nothing" has_not_authored 5 "$number"
	check "it does not vote" has_not_voted 5 "$number"
	for n in 1 2 3 4; do check "${NAMES[n]} authors" authored "$n" "$number"; done

	story "All have one history"
	one_history 1 2 3 4 5 >/dev/null
}
has_seats() { equal "$(session seats)" "$1"; }
