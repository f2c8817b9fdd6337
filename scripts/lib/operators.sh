# shellcheck shell=bash
# Centers that run themselves by docs/operators.md: its commands, taken out of the page and run. Sourced by
# scripts/operators.

PAGE=docs/operators.md

# Wider than those of lib/network.sh: here are more than four nodes.
p2p_port() { echo $((PORT + $1)); }
rpc_port() { echo $((PORT + 10 + $1)); }
prometheus_port() { echo $((PORT + 20 + $1)); }
vault_port() { echo $((PORT + 30 + 2 * $1)); }

# At which node somebody is; the others are at the first one.
declare -A NODE_OF=()

# commands NAME: what the page says to run there.
commands() {
	awk -v name="$1" '
		!found && /^<!-- (run|start): / {
			title = $0
			sub(/^<!-- (run|start): /, "", title)
			sub(/( -->|,.*)$/, "", title)
			found = title == name
			next
		}
		found && /^ *```$/ { exit }
		found && inside { sub(/^   /, ""); print }
		found && /^ *```sh$/ { inside = 1 }' "$PAGE"
}

# machine WHO: the directory of somebody's machine.
machine() { echo "$DIRECTORY/machines/$1"; }

# new_machine WHO [N]: an empty one, at node N, with the passphrase in its operator's head.
new_machine() {
	NODE_OF[$1]=${2:-1}
	mkdir -p "$(machine "$1")"
	[ -s "$DIRECTORY/keys/$1.passphrase" ] ||
		(umask 077 && head -c 24 /dev/urandom | base64 >"$DIRECTORY/keys/$1.passphrase")
}

# step_of_the_page NAME: its commands, which are now known to be tried.
step_of_the_page() {
	local text
	text=$(commands "$1")
	[ -n "$text" ] || die "$PAGE has no step $1" "its steps are named in the comments above the commands"
	touch "$DIRECTORY/tried/$1"
	printf '%s' "$text"
}

# operate WHO STEP [OPTION...]: runs the commands of that step of the page on somebody's machine, the last one with further
# options; what they print is JSON.
operate() {
	local who=$1 text status=0
	text=$(step_of_the_page "$2")
	# shellcheck disable=SC2016 # The other shell expands it.
	[ $# -eq 2 ] || text+=' "$@"'
	on "$who" bash -euo pipefail -c "$text" page "${@:3}" 2>"$ERRORS" || status=$?
	[ $status -eq 0 ] || [ -n "${EXPECT_FAILURE:-}" ] || cat "$ERRORS" >&2
	return $status
}

# on WHO COMMAND...: runs a command on somebody's machine, in the directory where the page begins.
on() {
	local who=$1
	shift
	(
		cd "$(machine "$who")" || exit
		unset WARD_HOME
		[ ! -d home ] || export WARD_HOME=$PWD/home
		export WARD_OUTPUT=json WARD_PASSPHRASE_FILE=$DIRECTORY/keys/$who.passphrase
		WARD_NODE=ws://127.0.0.1:$(rpc_port "${NODE_OF[$who]}")
		export WARD_NODE
		"$@"
	)
}

# start WHO STEP: the node of somebody's machine, as the page starts it, with ports of this network. Nodes of one machine
# find each other only when told to; those of real centers do so by their public addresses.
start() {
	local n=${NODE_OF[$1]}
	# shellcheck disable=SC2016 # The other shell expands it.
	run "node-$n" env -C "$(machine "$1")" bash -c "exec $(step_of_the_page "$2") \"\$@\"" page \
		--listen-addr "/ip4/127.0.0.1/tcp/$(p2p_port "$n")" --rpc-port "$(rpc_port "$n")" \
		--prometheus-port "$(prometheus_port "$n")" --allow-private-ip --discover-local
}

stop() { stop_process "$DIRECTORY/pids/node-${NODE_OF[$1]}"; }

# answers N: whether node N does.
answers() { rpc "$1" system_health; }

# number N KIND: the best or finalized block of node N.
number() { rpc "$1" ward_status | field "result.$2.number"; }

# reaches N KIND NUMBER
reaches() { [ "$(number "$1" "$2")" -ge "$3" ]; }

# hash_of N NUMBER: the block of that number at node N.
hash_of() { rpc "$1" chain_getBlockHash "[$2]" | field result; }

# genesis_of N
genesis_of() { hash_of "$1" 0; }

# caught_up N M: node N has what is final at node M, and does not sync.
caught_up() { is_syncing "$1" false && reaches "$1" finalized "$(number "$2" finalized)"; }

# finality_moves N: it does so while somebody looks.
finality_moves() {
	local before
	before=$(number "$1" finalized)
	eventually 60 reaches "$1" finalized $((before + 2))
}

# untried: the steps of the page that nobody took.
untried() {
	local name
	sed -nE 's/^<!-- (run|start): ([a-z-]+).*/\2/p' "$PAGE" | while read -r name; do
		[ -e "$DIRECTORY/tried/$name" ] || echo "$name"
	done
}

# found_by_the_page: four centers and a health authority, sessions of ten seconds.
found_by_the_page() {
	local n
	export NAME_OF_CHAIN="Ward operators" CHAIN=ward_operators CENTERS='' HEALTH_AUTHORITY BOOTNODE
	mkdir "$DIRECTORY/tried"
	new_machine authority
	on authority ward --home home keys new >"$DIRECTORY/keys/authority.json"
	HEALTH_AUTHORITY=$(field account <"$DIRECTORY/keys/authority.json")
	for n in 1 2 3 4; do
		new_machine "center-$n" "$n"
		operate "center-$n" founder-keys >"$DIRECTORY/keys/center-$n.json"
		CENTERS+=" --center $(field account <"$DIRECTORY/keys/center-$n.json")"
		CENTERS+=,$(field publicKey <"$(machine "center-$n")/aura.json"),$(field publicKey <"$(machine "center-$n")/grandpa.json")
	done
	BOOTNODE=/ip4/127.0.0.1/tcp/$(p2p_port 1)/p2p/$(on center-1 ward-node key inspect-node-key --file node.key)
	operate center-1 found --session-length "$SESSION_LENGTH"
	for n in 1 2 3 4; do
		[ "$n" = 1 ] || cp "$(machine center-1)/spec.json" "$(machine "center-$n")/"
		operate "center-$n" founder-insert
		check "no secret is left" equal "$(find "$(machine "center-$n")" -maxdepth 1 -name '*.seed' -o -maxdepth 1 -name 'aura*')" ''
		start "center-$n" authority
	done
}

# council STEP: center 1 proposes that, others vote for it, and center 1 closes it.
council() {
	propose "$@"
	operate center-1 close >/dev/null
}

# propose STEP: center 1 proposes that, and the others vote for it. Two thirds of five or six are four.
propose() {
	local who voting=()
	MOTION=$(field motion < <(operate center-1 "$1"))
	export MOTION
	for who in center-2 center-3 authority; do
		(ERRORS=$DIRECTORY/errors-$who.json && operate "$who" vote >/dev/null) &
		voting+=($!)
	done
	for who in "${voting[@]}"; do check "a vote is taken" wait "$who"; done
}

# seat CENTER FIELD: what the chain says of a seat.
seat() { field "seat.$2" < <(on center-1 ward seat status --center "$1"); }

# SESSION_LENGTH blocks is what a session lasts here.
SESSION_LENGTH=5

# begin WHO STEP: somebody does that step, which counts from the session after the next one on. $OVER is a block by
# which that has begun.
begin() {
	operate "$1" "$2" >"$DIRECTORY/all.json"
	# A step may be several commands; the last one is the call.
	python3 -c '
import json, sys
text, last = sys.stdin.read().strip(), None
while text:
    last, end = json.JSONDecoder().raw_decode(text)
    text = text[end:].strip()
print(json.dumps(last))' <"$DIRECTORY/all.json" >"$DIRECTORY/done.json"
	# shellcheck disable=SC2034 # scripts/operators waits for it.
	OVER=$(($(field block <"$DIRECTORY/done.json") + 2 * SESSION_LENGTH))
}

# may_author KEYS BLOCK: whether the first of these session keys is in the set, as of that block.
may_author() {
	rpc 1 state_call "[\"AuraApi_authorities\",\"0x\",\"$(hash_of 1 "$2")\"]" | python3 -c '
import json, sys
keys = bytes.fromhex(json.load(sys.stdin)["result"][2:])
sys.exit(bytes.fromhex(sys.argv[1][2:66]) not in [keys[at:at + 32] for at in range(1, len(keys), 32)])' "$1"
}

may_not_author() { ! may_author "$@"; }

# sits CENTER STATUS: it is in the set, has authored in this session or the last one, and votes; its status is in a file.
sits() {
	on center-1 ward seat status --center "$1" >"$2" && python3 -c '
import json, sys
status = json.load(open(sys.argv[1]))
seat, votes = status["seat"], status["votes"]
authored = seat["current"]["authored"] + seat["last"]["authored"]
sys.exit(not (seat["sits"] and authored and votes["active"] and votes["seen"]))' "$2"
}

# nobody_is_suspended: no seat is, for double authoring or voting.
nobody_is_suspended() {
	on center-1 ward seat list >"$DIRECTORY/seats.json" && python3 -c '
import json, sys
sys.exit(any(seat["seat"]["row"]["suspension"] for seat in json.load(open(sys.argv[1]))["seats"]))' "$DIRECTORY/seats.json"
}

# witness_key_is VERDICT: what the doctor says of the witness key of the fifth center's node.
witness_key_is() {
	EXPECT_FAILURE=yes on center-5 ward doctor --seat >"$DIRECTORY/doctor.json" 2>/dev/null || true
	python3 -c '
import json, sys
[check] = [check for check in json.load(open(sys.argv[1]))["checks"] if check["check"] == "witness key"]
sys.exit(check["verdict"] != sys.argv[2] and str(check))' "$DIRECTORY/doctor.json" "$1"
}

authors_and_votes() { sits "$1" "$DIRECTORY/status.json"; }

# session_keys: those that the chain has for the fifth center.
# shellcheck disable=SC2153 # The number of the fifth center; the others are of all.
session_keys() { field sessionKeys < <(on center-1 ward seat status --center "$CENTER"); }

# has_authored N: node N has made a block since it was started.
has_authored() {
	local count
	count=$(curl -sf "http://127.0.0.1:$(prometheus_port "$1")/metrics" | sed -n 's/^substrate_proposer_block_constructed_count{.*} //p')
	[ "${count:-0}" -ge 1 ]
}

# lose_machine WHO: all but the backup and what its operator has in a safe.
lose_machine() {
	rm -f "$DIRECTORY/pids/node-${NODE_OF[$1]}"
	find "$(machine "$1")" -mindepth 1 -maxdepth 1 ! -name backup -exec rm -rf {} +
}

# open_vault_of_center_5: by the page, with a doctor and a patient for it.
open_vault_of_center_5() {
	local who
	export ENDPOINT RUNTIME
	ENDPOINT=http://127.0.0.1:$(vault_port 1)
	operate center-5 vault >/dev/null
	RUNTIME=$(on center-5 ward-vault runtime-hash --node "ws://127.0.0.1:$(rpc_port 5)")
	start_vault
	for who in doctor patient; do new_keys "$who"; done
	as doctor enrol offer --role practitioner --sponsor "$CENTER" --out "$(machine center-5)/doctor.json" >/dev/null
	as patient enrol offer --role patient --care --sponsor "$CENTER" --out "$(machine center-5)/patient.json" >/dev/null
	on center-5 ward enrol accept doctor.json >/dev/null
	PATIENT=$(field participant < <(on center-5 ward enrol accept patient.json))
}

vault_operator() { echo "127.0.0.1:$(($(vault_port 1) + 1))"; }

# run_vault: the vault, as the page starts it.
run_vault() {
	# shellcheck disable=SC2016 # The other shell expands it.
	run vault-5 env -C "$(machine center-5)" WARD_NODE="ws://127.0.0.1:$(rpc_port 5)" \
		bash -c "exec $(step_of_the_page vault-runs) \"\$@\"" page --listen "127.0.0.1:$(vault_port 1)" \
		--operator-listen "$(vault_operator)" --allow-plain-http
}

start_vault() {
	run_vault
	check "the vault is ready" eventually 60 curl -sf "http://$(vault_operator)/readyz"
}

# vault_refuses TEXT: the vault ends by itself with exit code 1, and says that.
vault_refuses() {
	local status=0 pid
	run_vault
	pid=$(<"$DIRECTORY/pids/vault-5")
	eventually 60 gone "$pid" || return 1
	wait "$pid" || status=$?
	rm "$DIRECTORY/pids/vault-5"
	equal "$status" 1 && grep -qF -e "$1" "$DIRECTORY/logs/vault-5.log"
}

# put_new NAME: the doctor writes new content about the patient.
put_new() {
	local file=$DIRECTORY/input/$1
	head -c 20000 /dev/urandom >"$file"
	RECORDS+=("$(field 0.record < <(as doctor put "$file" --patient "$PATIENT" --vault-of "$CENTER")) $file")
}
RECORDS=()

# all_read_back: the patient gets every record bit for bit.
all_read_back() {
	local record
	for record in "${RECORDS[@]}"; do
		eventually 30 as patient get "${record% *}" --out "$DIRECTORY/input/read" && cmp "${record#* }" "$DIRECTORY/input/read" &&
			rm "$DIRECTORY/input/read" || return 1
	done
}

# audit_names RECORD: the audit says that this is gone.
audit_names() {
	local status=0
	EXPECT_FAILURE=yes operate center-5 audit >"$DIRECTORY/audit.json" || status=$?
	equal "$status" 1 && grep -qF "$1" "$DIRECTORY/audit.json"
}

# session_at BLOCK: the session that runs after this block.
session_at() {
	rpc 1 state_call "[\"WardApi_session\",\"0x\",\"$(hash_of 1 "$1")\"]" | python3 -c '
import json, sys
print(int.from_bytes(bytes.fromhex(json.load(sys.stdin)["result"][2:10]), "little"))'
}

session_is() { [ "$(session_at "$(number 1 best)")" -ge "$1" ]; }

# finality_stands N: blocks come, none becomes final.
finality_stands() {
	local final best
	final=$(number "$1" finalized) best=$(number "$1" best)
	eventually 60 reaches "$1" best $((best + 3)) && [ "$(number "$1" finalized)" -le $((final + 1)) ]
}

# lags N BLOCKS: so many blocks wait to become final at node N.
lags() { [ $(($(number "$1" best) - $(number "$1" finalized))) -ge "$2" ]; }

# kill_node N: as a power failure would.
kill_node() {
	kill -KILL "$(<"$DIRECTORY/pids/node-$1")"
	check "node $1 is dead" eventually 10 gone "$(<"$DIRECTORY/pids/node-$1")"
	rm "$DIRECTORY/pids/node-$1"
}
