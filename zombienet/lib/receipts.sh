# shellcheck shell=bash
# The test `receipts`.

source zombienet/lib/records.sh
source scripts/lib/receipts.sh

# Where vault c listens while somebody else stands in its place.
ASIDE=$((PORT + 68))

# open_center VAULT: a center with a vault beside the node of the vault's number, which repairs nothing by itself.
open_center() {
	local n=${PORTS_OF[$1]}
	CENTER_OF[$1]=$(enrol authority "center-$1" medical-center 1)
	VAULT_OPTIONS="--repair false" open_vault "$1" "center-$1" "${CENTER_OF[$1]}" "$n"
	LISTEN[$1]=$(vault_port "$n")
}
declare -A LISTEN=()

# run_vault VAULT OPTION...: it once more, where ${LISTEN[VAULT]} says; it opens.
run_vault() {
	launch_vault "$@"
	check "vault $1 is open" eventually 60 stands "$1" open
}

# launch_vault VAULT OPTION...
launch_vault() {
	local n=${PORTS_OF[$1]}
	run "vault-$1" "$BIN/ward-vault" run --data-dir "$DIRECTORY/vault-$1" --center "${CENTER_OF[$1]}" \
		--node "ws://127.0.0.1:$(rpc_port "$n")" --listen "127.0.0.1:${LISTEN[$1]}" --operator-listen "$(operator "$1")" \
		--allow-plain-http --runtime "$RUNTIME" "${@:2}"
}

# put_for VAULT...: the doctor writes new content for these custodians; prints the record.
put_for() {
	local vault custodians=()
	for vault; do custodians+=(--custodian "${CENTER_OF[$vault]}"); done
	head -c 20000 /dev/urandom >"$INPUT/$*"
	field 0.record < <(as doctor put "$INPUT/$*" --patient "$PATIENT" --on-behalf-of "${CENTER_OF[a]}" "${custodians[@]}")
}

# fresh VAULT...: all that these vaults hold was seen lately, without an exception.
fresh() {
	local vault
	for vault; do cohorts_are "${CENTER_OF[$vault]}" fresh && [ -z "$(missing_at "${CENTER_OF[$vault]}")" ] || return 1; done
}

# note_pace, kept_pace: whether since then there was a block for nearly every slot of two seconds.
note_pace() {
	PACE="$(best_at 1) $(date +%s)"
	remember PACE
}
kept_pace() {
	local blocks seconds
	blocks=$(($(best_at 1) - ${PACE% *})) seconds=$(($(date +%s) - ${PACE#* }))
	printf '      %d blocks in %d seconds\n' $blocks $seconds >&2
	[ $((10 * 2 * blocks)) -ge $((9 * seconds - 40)) ]
}

open() {
	local n vault
	story "Each authority's node gets a witness key, which its center attaches"
	give_witness_keys 1 2 3 4
	for n in 1 2 3 4; do
		check "the doctor of ${NAMES[n]} says so" reports_with_its_key "$n"
	done

	story "Three centers with vaults, a patient, and a doctor who writes for one custodian, and for two"
	RUNTIME=$("$BIN/ward-vault" runtime-hash --node "ws://127.0.0.1:$(rpc_port 1)")
	for vault in a b c; do open_center "$vault"; done
	PATIENT=$(enrol center-a patient patient "${CENTER_OF[a]}" --care)
	enrol center-a doctor practitioner "${CENTER_OF[a]}" >/dev/null
	ONLY_A=$(put_for a) ONLY_C=$(put_for c)
	AT_A_AND_B=$(put_for a b) AT_B_AND_C=$(put_for b c)
	check "what two have was uploaded once: b copied it from a" copied b 1
	check "and c from b" copied c 1
	remember RUNTIME CENTER_OF LISTEN PATIENT ONLY_A ONLY_C AT_A_AND_B AT_B_AND_C
}

# copied VAULT COUNT: so many contents were fetched from other vaults.
copied() { equal "$(metric "$1" 'copies_total{outcome="copied"}')" "$2"; }

# reports_with_its_key N: what `ward doctor` says of the witness key of node N.
reports_with_its_key() {
	EXPECT_FAILURE=yes at "$1" "seat-$1" doctor --seat >"$INPUT/doctor.json" || true
	python3 -c '
import json, sys
[check] = [c for c in json.load(open(sys.argv[1]))["checks"] if c["check"] == "witness key"]
sys.exit(check["verdict"] != "ok" and str(check))' "$INPUT/doctor.json"
}

seen() {
	story "Other centers look at all records: every cohort becomes fresh"
	check "all that the vaults hold" eventually 120 fresh a b c
	check "all copies of all records" eventually 60 copies_are fresh "$ONLY_A" "$ONLY_C" "$AT_A_AND_B" "$AT_B_AND_C"
	check "it is said in words" told_of "$ONLY_A" "held by center ${CENTER_OF[a]}; seen by "
	check "and for two custodians" told_of "$AT_A_AND_B" "held by centers ${CENTER_OF[a]} and ${CENTER_OF[b]}"

	story "Vault a's database is backed up; what is read after that is in its log, and other centers see its length"
	stop_process "$DIRECTORY/pids/vault-a"
	cp "$DIRECTORY/vault-a/vault.redb" "$INPUT/vault-a.redb"
	run_vault a --repair false
	local before
	before=$(log_height a)
	for _ in 1 2 3; do check "the patient reads" as patient get "$ONLY_A" --out "$INPUT/read" >/dev/null; done
	check "they see it" eventually 120 log_is_longer a "$before"
}

# log_height VAULT: how many entries its access log had when it was looked at last.
log_height() { field log.height < <(as patient show vault "${CENTER_OF[$1]}"); }
log_is_longer() { [ "$(log_height "$1")" -gt "$2" ]; }

damaged() {
	local lost altered
	lost=$(stored_at b "$AT_B_AND_C") altered=$(stored_at c "$ONLY_C")
	story "Vault b loses a file, and in vault c a byte of one flips: both are exceptions, and the rest stays fresh"
	rm "$lost"
	flip_byte "$altered"
	check "b's copy is missing" eventually 120 copy_is "$AT_B_AND_C" "${CENTER_OF[b]}" missing
	check "c's copy is not" copy_is "$AT_B_AND_C" "${CENTER_OF[c]}" fresh
	check "what helps is said" told_of "$AT_B_AND_C" "ward repair $AT_B_AND_C"
	check "the vault's page names the record" equal "$(missing_at "${CENTER_OF[b]}")" "$AT_B_AND_C"
	check "its operator is told" eventually 10 grep -q "$AT_B_AND_C" "$DIRECTORY/logs/vault-b.log"
	check "c's altered copy does not count" eventually 120 copy_is "$ONLY_C" "${CENTER_OF[c]}" missing
	check "its operator is told" eventually 10 grep -q "$ONLY_C" "$DIRECTORY/logs/vault-c.log"
	check "the other records of b and c stay fresh" copy_is "$AT_A_AND_B" "${CENTER_OF[b]}" fresh
	check "their cohorts, too" cohorts_are "${CENTER_OF[c]}" fresh

	story "The doctor repairs b's copy from c's; nobody has another copy of what c altered"
	check "it is repaired" as doctor repair "$AT_B_AND_C" >"$INPUT/repair.json"
	check "b's copy, and only that" repaired "${CENTER_OF[b]}" "$INPUT/repair.json"
	check "its file is back" test -s "$lost"
	check "what is sound needs no repair" as doctor repair "$AT_B_AND_C" >/dev/null
	check "no sound copy of the other one" refused 9 no-sound-copy as doctor repair "$ONLY_C"
	check "strangers repair nothing" refused 5 not-yours as center-b repair "$AT_B_AND_C"
	flip_byte "$altered"
	check "with that byte back, all is fresh again" eventually 120 fresh b c

	story "A vault that may, repairs by itself"
	stop_process "$DIRECTORY/pids/vault-b"
	run_vault b --repair true
	rm "$lost"
	check "the file comes back" eventually 180 test -s "$lost"
	check "and is seen" eventually 120 fresh b
	stop_process "$DIRECTORY/pids/vault-b"
	run_vault b --repair false
}

# flip_byte FILE: the first byte, to and fro.
flip_byte() {
	python3 -c '
import sys
with open(sys.argv[1], "r+b") as file:
    byte = file.read(1)[0] ^ 1
    file.seek(0)
    file.write(bytes([byte]))' "$1"
}

killed() {
	local pid
	story "Vault a is killed: its cohort lapses, the others stay fresh, and blocks come as before"
	note_final 1 2 3 4
	note_pace
	pid=$(<"$DIRECTORY/pids/vault-a")
	kill -9 "$pid"
	check "it is dead" eventually 10 gone "$pid"
	rm "$DIRECTORY/pids/vault-a"
	check "its cohort lapses" eventually 180 cohorts_are "${CENTER_OF[a]}" lapsed
	check "those of b and c do not" fresh b c
	check "a record that only a has" told_of "$ONLY_A" "no copy has been seen lately; center ${CENTER_OF[a]}: not seen since"
	check "one that b has, too" told_of "$AT_A_AND_B" "held by center ${CENTER_OF[b]}; seen by"
	check "b's copy of it reads" as patient get "$AT_A_AND_B" --out "$INPUT/read" >/dev/null
	check "bit for bit" cmp "$INPUT/a b" "$INPUT/read"
	check "blocks came" kept_pace
}

lying() {
	local epoch mode
	story "Somebody else stands in the place of vault c, and at first passes on what it says"
	echo pass >"$INPUT/mode"
	stop_process "$DIRECTORY/pids/vault-c"
	LISTEN[c]=$ASIDE
	run_vault c --repair false
	run vault-hostile python3 zombienet/lib/hostile-vault.py --listen "$(vault_port "${PORTS_OF[c]}")" --to "$ASIDE" \
		--mode "$INPUT/mode" --counts "$INPUT/counts.json"
	check "it listens" eventually 10 listens "$(vault_port "${PORTS_OF[c]}")"
	epoch=$(epoch "${CENTER_OF[c]}")
	check "answers come through it" eventually 120 answered pass 2
	check "and make c fresh" eventually 120 seen_since c "$epoch"

	story "Then it answers with garbage, with old answers, without an end: nothing becomes fresh by that"
	note_pace
	echo garbage old other redirect endless refuse >"$INPUT/mode"
	check "c's cohort lapses" eventually 180 cohorts_are "${CENTER_OF[c]}" lapsed
	epoch=$(epoch "${CENTER_OF[c]}")
	for mode in garbage old other redirect endless refuse; do
		check "it has answered: $mode" eventually 240 answered $mode 1
	done
	check "another epoch begins" eventually 120 epoch_is "${CENTER_OF[c]}" $((epoch + 2))
	check "c's cohort is not fresh" cohorts_are "${CENTER_OF[c]}" lapsed
	check "that of b is" fresh b
	check "blocks came" kept_pace

	story "Then somebody who has stolen c's receipt key, and its disk, signs that a record is there that is not: that is proof"
	stop_process "$DIRECTORY/pids/vault-hostile"
	stop_process "$DIRECTORY/pids/vault-c"
	note_pace
	run vault-liar "$BIN/ward-lying-vault" --center "${CENTER_OF[c]}" \
		--receipt-key "$DIRECTORY/vault-c/keys/receipt.key" --content "$DIRECTORY/vault-c/content" \
		--node "ws://127.0.0.1:$(rpc_port "${PORTS_OF[c]}")" --listen "127.0.0.1:$(vault_port "${PORTS_OF[c]}")"
	check "it listens" eventually 10 listens "$(vault_port "${PORTS_OF[c]}")"
	check "c's first record is disputed" eventually 120 copy_is "$ONLY_C" "${CENTER_OF[c]}" disputed
	check "it is said in words" told_of "$ONLY_C" "disputed: the vault of center ${CENTER_OF[c]} signed a wrong answer in epoch"
	check "the vault's page names the record" equal "$(missing_at "${CENTER_OF[c]}")" "$ONLY_C"
	check "what it answers well for is not" eventually 120 copy_is "$AT_B_AND_C" "${CENTER_OF[c]}" fresh
	epoch=$(wrong_in "$ONLY_C" "${CENTER_OF[c]}")
	check "each epoch proves it again" eventually 120 is_wrong_since "$ONLY_C" "${CENTER_OF[c]}" "$epoch"
	check "that of b is fresh" fresh b
	check "blocks came" kept_pace
	stop_process "$DIRECTORY/pids/vault-liar"
	check "what was proved stays, though nobody lies any more" copy_is "$ONLY_C" "${CENTER_OF[c]}" disputed
	remember LISTEN
}

# answered MODE COUNT: so often, or more.
answered() {
	python3 -c '
import json, sys
sys.exit(json.load(open(sys.argv[1])).get(sys.argv[2], 0) < int(sys.argv[3]))' "$INPUT/counts.json" "$1" "$2"
}

# wrong_in RECORD CENTER: the last epoch in which the custodian signed a wrong answer about its copy.
wrong_in() {
	as patient show record "$1" | python3 -c '
import json, sys
[storage] = [c["storage"] for c in json.load(sys.stdin)["custodians"] if str(c["center"]) == sys.argv[1]]
print(storage["epoch"])' "$2"
}
is_wrong_since() { [ "$(wrong_in "$1" "$2")" -gt "$3" ]; }

# seen_since VAULT EPOCH: a quorum has seen its rows after that epoch.
seen_since() {
	as patient show vault "${CENTER_OF[$1]}" | python3 -c '
import json, sys
vault = json.load(sys.stdin)
sys.exit(not vault["log"] or vault["log"]["epoch"] <= int(sys.argv[1]) or not vault["cohorts"]["fresh"])' "$2"
}

back() {
	story "The killed vault is back, and the true one in its place: all becomes fresh again, by itself"
	stop_process "$DIRECTORY/pids/vault-hostile"
	stop_process "$DIRECTORY/pids/vault-c"
	LISTEN[c]=$(vault_port "${PORTS_OF[c]}")
	run_vault c --repair false
	run_vault a --repair false
	check "all that the vaults hold" eventually 180 fresh a b c
	check "all copies of all records" eventually 60 copies_are fresh "$ONLY_A" "$ONLY_C" "$AT_A_AND_B" "$AT_B_AND_C"

	story "Vault a's disk dies, and it gets its old database back: its log is shorter than others have seen, and nothing of it counts"
	stop_process "$DIRECTORY/pids/vault-a"
	rm "$DIRECTORY/vault-a/vault.mark"
	cp "$INPUT/vault-a.redb" "$DIRECTORY/vault-a/vault.redb"
	check "its operator accepts the loss" "$BIN/ward-vault" accept-loss --data-dir "$DIRECTORY/vault-a" >/dev/null
	launch_vault a --repair false
	check "its operator is told, and readers are served" eventually 60 stands a open log log-diverged
	check "its cohort lapses" eventually 180 cohorts_are "${CENTER_OF[a]}" lapsed
	check "those of b and c do not" fresh b c

	story "Its center says in public that the log begins anew: it becomes fresh again"
	check "not by accident" refused 2 usage as center-a center restart-log
	as center-a center restart-log --yes >/dev/null
	check "its operator is told" eventually 60 stands a open
	check "all that the vaults hold" eventually 180 fresh a b c
	remember LISTEN
}

left() {
	local a=${CENTER_OF[a]} b=${CENTER_OF[b]} c=${CENTER_OF[c]} private record epoch number
	story "Center a is about to leave, and vault c is told to take records from it: a plan says how many there are"
	head -c 20000 /dev/urandom >"$INPUT/private"
	private=$(field 0.record < <(as doctor put "$INPUT/private" --patient "$PATIENT" --on-behalf-of "$a" --custodian "$a" --patient-only))
	local all=("$ONLY_A" "$AT_A_AND_B" "$private")
	check "the patient reads there" reads patient "$ONLY_A" "$INPUT/a"
	check "vault c takes nothing unasked" fails 1 drain
	check "what helps is said" grep -q accept-from "$INPUT/drained"
	stop_process "$DIRECTORY/pids/vault-c"
	run_vault c --repair false --accept-from "$a"
	check "the plan" drain --dry-run
	check "it counts what a holds" equal "$(field rows <"$INPUT/drained")" 3
	check "c has none of it" holds_none c "${all[@]}"
	check "a plan is not handed over" refused 3 nothing-ready as center-a center hand-over "$INPUT/drained"

	story "Vault a is drained: vault c has a copy of each record, and a receipt; the chain does not know of it yet"
	check "it is" drain
	check "all are ready" outcomes ready 3
	check "the bytes are there" test -s "$(stored_at c "$ONLY_A")" -a -s "$(stored_at c "$AT_A_AND_B")" -a -s "$(stored_at c "$private")"
	check "center a still holds them" copy_is "$ONLY_A" "$a" fresh
	check "once more, it comes to the same" drain
	check "all are ready" outcomes ready 3

	story "The center hands over: the chain names c in the place of a, which has no cohort any more"
	check "no other center can" refused 2 other-center as center-b center hand-over "$INPUT/drained"
	check "nor a patient" refused 2 not-a-center as patient center hand-over "$INPUT/drained"
	as center-a center hand-over "$INPUT/drained" >"$INPUT/handed-over.json"
	check "all are handed over" equal "$(field handedOver <"$INPUT/handed-over.json")" 3
	as center-a center hand-over - <"$INPUT/drained" >"$INPUT/handed-over.json"
	check "once more, it finds that they are" equal "$(field existed <"$INPUT/handed-over.json")" 3
	check "a has no cohort" equal "$(field cohorts.total < <(as patient show vault "$a"))" 0
	check "its page says where they are gone" equal "$(field handedOver < <(as patient show vault "$a"))" 3
	check "nothing is listed as held there" equal "$(as patient records --custody "$a")" "[]"
	check "other centers look at them in vault c" eventually 120 copies_are fresh "${all[@]}"
	check "it is said in words" told_of "$ONLY_A" "held by center $c; seen by "
	check "of what b has as well, too" told_of "$AT_A_AND_B" "held by centers $c and $b"
	check "all that b and c hold" eventually 120 fresh b c

	story "Patient and doctor read them from vault c, and so does somebody to whom only c can release them"
	enrol center-c specialist practitioner "$c" >"$INPUT/specialist"
	as patient grant --to "$(<"$INPUT/specialist")" --all --until 1d >/dev/null
	check "the patient" reads patient "$ONLY_A" "$INPUT/a"
	check "what is for the patient only" reads patient "$private" "$INPUT/private"
	check "what b has as well" reads patient "$AT_A_AND_B" "$INPUT/a b"
	check "the doctor" reads doctor "$ONLY_A" "$INPUT/a"
	check "the specialist" reads specialist "$ONLY_A" "$INPUT/a"
	check "who does not get what is for the patient only" fails 5 as specialist get "$private" --out "$INPUT/read"

	story "Others have seen the new copies: vault a deletes its own, and is stopped for good. Nothing lapses"
	check "it is drained" drain
	check "all are discarded" outcomes discarded 3
	check "the files are gone" holds_none a "${all[@]}"
	check "once more, there is nothing left to do" drain
	as patient log --record "$ONLY_A" >"$INPUT/log.json"
	check "the patient, who never asked before, sees who has read it there, that c copied it, and that it is gone" logged_at_a promotion content copy hand-over
	stop_process "$DIRECTORY/pids/vault-a"
	check "all is accounted for in what is left of it" "$BIN/ward-vault" audit --data-dir "$DIRECTORY/vault-a" --center "$a" \
		--node "ws://127.0.0.1:$(rpc_port 1)" >"$INPUT/audit.json"
	as authority admin deactivate "$a" --yes >/dev/null
	epoch=$(epoch "$c")
	check "two epochs begin" eventually 120 epoch_is "$c" $((epoch + 2))
	check "all that b and c hold is fresh" eventually 30 fresh b c
	check "all copies of all records" copies_are fresh "${all[@]}" "$ONLY_C" "$AT_B_AND_C"
	check "the patient reads on" reads patient "$ONLY_A" "$INPUT/a"
	number=$(best_at 1)

	story "All four author and vote, and have one history"
	finality_reaches $((number + 4)) 1 2 3 4
	for n in 1 2 3 4; do check "${NAMES[n]} authors" eventually 30 authored "$n" "$number"; done
	one_history 1 2 3 4 >/dev/null
	check "what was final before is still there" still_final 1 2 3 4
}

# drain OPTION...: center a's vault makes its records ready for center c. What it says is in a file, a line each.
drain() {
	"$BIN/ward-vault" drain --to "${CENTER_OF[c]}" --operator-listen "$(operator a)" "$@" >"$INPUT/drained" 2>"$ERRORS" && return
	local status=$?
	[ -n "${EXPECT_FAILURE:-}" ] || cat "$INPUT/drained" "$ERRORS" >&2
	return $status
}

# outcomes OUTCOME COUNT: so many records were named behind the plan, and that is what came of each.
outcomes() {
	python3 -c '
import json, sys
found = [json.loads(line)["outcome"] for line in list(open(sys.argv[1]))[1:]]
sys.exit(found != [sys.argv[2]] * int(sys.argv[3]) and str(found))' "$INPUT/drained" "$@"
}

# holds_none VAULT RECORD...: none of these has a file there.
holds_none() {
	local record
	for record in "${@:2}"; do [ ! -e "$(stored_at "$1" "$record")" ] || return 1; done
}

# logged_at_a EVENT...: what the patient was shown has entries of center a's vault of each of these.
logged_at_a() {
	python3 -c '
import json, sys
[entries] = [log["entries"] for log in json.load(open(sys.argv[1])) if str(log["custodian"]) == sys.argv[2]]
missing = set(sys.argv[3:]) - {entry["event"] for entry in entries}
sys.exit(bool(missing) and f"not there: {missing}")' "$INPUT/log.json" "${CENTER_OF[a]}" "$@"
}

# reads ACTOR RECORD FILE: what the actor gets is what is in the file.
reads() {
	rm -f "$INPUT/read"
	as "$1" get "$2" --out "$INPUT/read" >/dev/null && cmp "$3" "$INPUT/read"
}
