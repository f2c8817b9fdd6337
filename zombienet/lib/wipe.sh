# shellcheck shell=bash
# The test `wipe`.

lose() {
	local number
	story "Charlie's machine dies, and its database with it; the keys are left"
	note_final 1 2 3 4
	kill_node 3
	check "there was a database" test -d "$(data_of 3)/paritydb"
	rm -r "$(data_of 3)/paritydb" "$(data_of 3)/network"
	check "there are keys" test -n "$(ls "$(data_of 3)/keystore")"
	number=$(final_at 1)

	story "The others author and finalize without it"
	finality_reaches $((number + 6)) 1 2 4
}

come_back() {
	local number
	number=$(best_at 1)
	story "It starts on an empty database, and gets the whole chain from the others"
	return_node 3
	check "it answers" eventually 60 rpc 3 system_health
	check "it catches up" eventually 120 finalizes_to 3 "$number"
	check "it has block 1" test "$(rpc 3 chain_getBlockHash '[1]' | field result)" != null

	story "It authors again, and votes"
	check "it authors" eventually 60 authored 3 "$number"
	check "it votes" eventually 60 voted 3 "$number"

	story "All have one history, in which nothing that was final is missing"
	finality_reaches "$(best_at 1)" 1 2 3 4
	one_history 1 2 3 4 >/dev/null
	check "what was final before is still there" still_final 1 2 3 4
}
