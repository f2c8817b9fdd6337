# shellcheck shell=bash
# A Ward network on this machine: founding, nodes, vaults, and the actors' homes. Sourced by scripts/demo.

BIN=$CARGO_TARGET_DIR/debug

# prepare_network DIRECTORY PORT: an empty directory and a range of ports for a new network. The ports should lie below
# 32768, where Linux begins to give them to outgoing connections: a node whose port is taken listens on another one.
prepare_network() {
	DIRECTORY=$1 PORT=$2 ERRORS=$1/errors.json
	stop_network "$DIRECTORY"
	rm -rf "$DIRECTORY"
	mkdir -p "$DIRECTORY"/{homes,keys,logs,pids}
	local port
	for port in $(seq "$PORT" $((PORT + 19))); do
		! listens "$port" ||
			die "port $port is in use" "stop what listens there, or set WARD_DEMO_PORT to another range of twenty ports"
	done
}

link_port() { echo "$PORT"; }
p2p_port() { echo $((PORT + $1)); }
rpc_port() { echo $((PORT + 4 + $1)); }
prometheus_port() { echo $((PORT + 8 + $1)); }
vault_port() { echo $((PORT + 11 + 2 * $1)); }

# run NAME COMMAND...: starts a process that goes on, with a log of its own.
run() {
	local name=$1
	shift
	nohup "$@" </dev/null >"$DIRECTORY/logs/$name.log" 2>&1 9>&- &
	echo $! >"$DIRECTORY/pids/$name"
}

# stop_process PIDFILE: ends a process, kindly if it lets itself.
stop_process() {
	[ -s "$1" ] || return 0
	local pid
	pid=$(<"$1")
	kill "$pid" 2>/dev/null || true
	eventually 40 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
	rm -f "$1"
}

# stop_network DIRECTORY: ends all processes of a network, the vaults before the nodes.
stop_network() {
	local file
	for file in "$1"/pids/{vault,link,node}-*; do stop_process "$file"; done
}

# start_link NAME TO OPTION...: a link to a port, see lib/link.py.
start_link() {
	run "link-$1" python3 scripts/lib/link.py --listen "$(link_port)" --to "$2" "${@:3}"
	check "the link $1 listens" eventually 10 listens "$(link_port)"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

gone() { ! kill -0 "$1" 2>/dev/null; }

# eventually SECONDS COMMAND...: waits until the command succeeds, looking several times a second.
eventually() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		read -rt 0.2 <> <(:) || true
	done
}

# field PATH: one value of the JSON on standard input, such as 0.record or row.content.author.
field() {
	python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value if isinstance(value, str) else json.dumps(value))' "$1"
}

# faked_clock OFFSET: settings for a process whose clock is off by that much (`-2h`, `+10d`), or by what the file says that
# $FAKETIME_TIMESTAMP_FILE names. Timers go on as they do. Without libfaketime's command, which fails whenever an earlier
# process of its number was killed.
faked_clock() {
	local library
	library=$(find /usr/lib /usr/local/lib -name libfaketime.so.1 -print -quit)
	[ -n "$library" ] || die "libfaketime is not installed" "run scripts/setup"
	CLOCK_SETTINGS=("LD_PRELOAD=$library" ${1:+"FAKETIME=$1"} FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1)
}

# with_clock OFFSET COMMAND...: a command whose clock is off.
with_clock() {
	local CLOCK_SETTINGS
	faked_clock "$1"
	env "${CLOCK_SETTINGS[@]}" "${@:2}"
}

# as ACTOR ARGUMENT...: `ward` with the actor's home; results as JSON. What goes wrong is in $ERRORS too.
as() {
	local actor=$1 node=1 status=0
	shift
	case $actor in center-b | specialist) node=2 ;; esac
	"$BIN/ward" --home "$DIRECTORY/homes/$actor" --node "ws://127.0.0.1:$(rpc_port $node)" --output json --quiet \
		--passphrase-file "$DIRECTORY/keys/$actor.passphrase" "$@" 2>"$ERRORS" || status=$?
	[ $status -eq 0 ] || [ -n "${EXPECT_FAILURE:-}" ] || cat "$ERRORS" >&2
	return $status
}

# new_keys ACTOR: keys for the actor, under a passphrase of its own.
new_keys() {
	(umask 077 && head -c 24 /dev/urandom | base64 >"$DIRECTORY/keys/$1.passphrase")
	as "$1" keys new >"$DIRECTORY/keys/$1.json"
}

# node_key NAME SCHEME: a new key of that scheme; the secret goes to a file, the public part to standard output.
node_key() {
	(umask 077 && "$BIN/ward-node" key generate --scheme "$2" --output-type json >"$DIRECTORY/keys/$1.json")
	(umask 077 && field secretSeed <"$DIRECTORY/keys/$1.json" >"$DIRECTORY/keys/$1.seed")
	field publicKey <"$DIRECTORY/keys/$1.json"
}

# found_chain NAME ID COUNT OPTION...: a health authority and COUNT founding centers with a node each; with further options
# for `ward-node found`.
found_chain() {
	local n centers=() account aura grandpa peer
	new_keys authority
	for n in $(seq "$3"); do
		account=$(node_key "account-$n" ed25519)
		aura=$(node_key "aura-$n" sr25519)
		grandpa=$(node_key "grandpa-$n" ed25519)
		centers+=(--center "$account,$aura,$grandpa")
	done
	peer=$("$BIN/ward-node" key generate-node-key --file "$DIRECTORY/keys/node-1" 2>&1 | tail -n 1)
	BOOTNODE=/ip4/127.0.0.1/tcp/$(p2p_port 1)/p2p/$peer
	SPEC=$DIRECTORY/spec.json
	"$BIN/ward-node" found --name "$1" --id "$2" --health-authority "$(field account <"$DIRECTORY/keys/authority.json")" \
		"${centers[@]}" --bootnode "$BOOTNODE" "${@:4}" --raw --output "$SPEC"
}

# start_node N: an authority, with its keys in its own keystore.
start_node() {
	local n=$1 base=$DIRECTORY/node-$1
	"$BIN/ward-node" key insert --base-path "$base" --chain "$SPEC" --scheme sr25519 --key-type aura \
		--suri "$DIRECTORY/keys/aura-$n.seed"
	"$BIN/ward-node" key insert --base-path "$base" --chain "$SPEC" --scheme ed25519 --key-type gran \
		--suri "$DIRECTORY/keys/grandpa-$n.seed"
	[ -s "$DIRECTORY/keys/node-$n" ] || "$BIN/ward-node" key generate-node-key --file "$DIRECTORY/keys/node-$n" 2>/dev/null
	run "node-$n" "$BIN/ward-node" --validator --chain "$SPEC" --base-path "$base" --name "center-$n" \
		--node-key-file "$DIRECTORY/keys/node-$n" --listen-addr "/ip4/127.0.0.1/tcp/$(p2p_port "$n")" \
		--rpc-port "$(rpc_port "$n")" --prometheus-port "$(prometheus_port "$n")" \
		--state-pruning archive --no-mdns --no-telemetry --allow-private-ip --receipts-allow-loopback
}

# node_base N: where node N keeps its data.
node_base() { echo "$DIRECTORY/node-$1"; }

# open_seat N: a home for the founding center of node N, with the account key that found_chain made.
open_seat() {
	(umask 077 && head -c 24 /dev/urandom | base64 >"$DIRECTORY/keys/seat-$1.passphrase")
	as "seat-$1" keys new --account-seed-file "$DIRECTORY/keys/account-$1.seed" >"$DIRECTORY/keys/seat-$1.json"
}

# give_witness_key N: the center of node N makes and attaches a witness key, which the node gets; it goes on meanwhile.
give_witness_key() {
	local n=$1 seed=$DIRECTORY/keys/witness-$1.seed
	[ -s "$DIRECTORY/keys/seat-$n.json" ] || open_seat "$n"
	as "seat-$n" keys new-witness --out "$seed" >"$DIRECTORY/keys/witness-$n.json"
	"$BIN/ward-node" key insert --base-path "$(node_base "$n")" --chain "$SPEC" --scheme ed25519 --key-type wtns --suri "$seed"
	rm "$seed"
}

# give_witness_keys N...: at the same time, because each waits for a final block.
give_witness_keys() {
	local n giving=()
	for n; do
		ERRORS=$DIRECTORY/errors-seat-$n.json give_witness_key "$n" &
		giving+=($!)
	done
	for n in "${giving[@]}"; do check "a node has its witness key" wait "$n"; done
}

# start_follower N ADDRESS: a node that is no authority and knows nobody but the node at that address. A proxy may stand
# before it: it answers whatever the Host of a request is.
start_follower() {
	local n=$1 spec=$DIRECTORY/spec-without-bootnodes.json
	python3 -c '
import json, sys
spec = json.load(open(sys.argv[1]))
spec["bootNodes"] = []
json.dump(spec, open(sys.argv[2], "w"))' "$SPEC" "$spec"
	run "node-$n" "$BIN/ward-node" --chain "$spec" --base-path "$DIRECTORY/node-$n" --name "follower-$n" \
		--reserved-nodes "$2" --reserved-only --listen-addr "/ip4/127.0.0.1/tcp/$(p2p_port "$n")" \
		--rpc-port "$(rpc_port "$n")" --rpc-cors all --no-prometheus --state-pruning archive --no-mdns --no-telemetry --allow-private-ip
}

# is_syncing N true|false: whether node N says that it is catching up, or not and has a peer.
is_syncing() {
	rpc "$1" system_health | python3 -c '
import json, sys
health = json.load(sys.stdin)["result"]
sys.exit(health["peers"] < 1 or json.dumps(health["isSyncing"]) != sys.argv[1])' "$2"
}

# rpc N METHOD [PARAMETERS]: the result of a call to node N.
rpc() {
	curl -sf -H 'Content-Type: application/json' "http://127.0.0.1:$(rpc_port "$1")" \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}"
}

# finalizes N: whether node N has final blocks after the first.
finalizes() { [ "$(rpc "$1" ward_status | field result.finalized.number)" -ge 2 ]; }

# enrol SPONSOR NEWCOMER ROLE SPONSOR_NUMBER [--care]: an offer by one, its acceptance by the other; prints the number.
enrol() {
	local sponsor=$1 newcomer=$2
	new_keys "$newcomer"
	as "$newcomer" enrol offer --role "$3" --sponsor "$4" "${@:5}" --out "$DIRECTORY/$newcomer.offer.json" >/dev/null
	field participant < <(as "$sponsor" enrol accept "$DIRECTORY/$newcomer.offer.json")
}

# open_vault NAME CENTER NUMBER N [NODE]: keys, the center's row on the chain, and a running vault with the ports of
# number N, beside the node of that or another number. With $TLS, a directory with cert.pem and key.pem, over https;
# with the further options in $VAULT_OPTIONS.
open_vault() {
	local data=$DIRECTORY/vault-$1 center=$2 number=$3 n=$4 address node scheme=http transport=(--allow-plain-http) options
	[ -z "${TLS:-}" ] || scheme=https transport=(--tls-cert "$TLS/cert.pem" --tls-key "$TLS/key.pem")
	read -ra options <<<"${VAULT_OPTIONS:-}"
	address=127.0.0.1:$(vault_port "$n")
	node=ws://127.0.0.1:$(rpc_port "${5:-$n}")
	"$BIN/ward-vault" init --data-dir "$data" >"$DIRECTORY/vault-$1.keys.json"
	"$BIN/ward-vault" attest --data-dir "$data" --center "$number" --node "$node" >"$DIRECTORY/vault-$1.attestation.json"
	as "$center" keys attach-receipt "$DIRECTORY/vault-$1.attestation.json" >/dev/null
	as "$center" center set-vault --endpoint "$scheme://$address" --vault-keys "$DIRECTORY/vault-$1.keys.json" >/dev/null
	run "vault-$1" "$BIN/ward-vault" run --data-dir "$data" --center "$number" --node "$node" --listen "$address" \
		--operator-listen "127.0.0.1:$(($(vault_port "$n") + 1))" "${transport[@]}" "${options[@]}" \
		--runtime "$("$BIN/ward-vault" runtime-hash --node "$node")"
	check "vault $1 is ready" eventually 120 curl -sf "http://127.0.0.1:$(($(vault_port "$n") + 1))/readyz"
}

# decision PATIENT RECORD ACTOR: what node 2 decides on a reading, or the reason why not.
decision() {
	rpc 2 ward_accessDecision "[{\"patient\":$1,\"record\":\"$2\",\"actor\":$3,\"action\":\"read\",\"purpose\":\"TREAT\"},null,null]" |
		python3 -c 'import json, sys; r = json.load(sys.stdin)["result"]; print(r.get("reason", r["decision"]))'
}

# record_of CATEGORY: the record of that category among the outcomes of `ward put --split` on standard input.
record_of() {
	python3 -c 'import json, sys; print(next(o["record"] for o in json.load(sys.stdin) if o["categories"] == [sys.argv[1]]))' "$1"
}

resources_of() { python3 -c 'import json, sys; print(sum(o["resources"] for o in json.load(open(sys.argv[1]))))' "$1"; }

entries_of() { python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["entry"]))' "$1"; }

# is_part_of PART WHOLE: every resource of one bundle is in the other, unchanged, and there is one.
is_part_of() {
	python3 -c '
import json, sys
part, whole = ([(e["fullUrl"], e["resource"]) for e in json.load(open(path))["entry"]] for path in sys.argv[1:])
sys.exit(not part or any(entry not in whole for entry in part))' "$1" "$2"
}

# last_reason RECORD: the reason of the last denial of a record in the patient's log.
last_reason() {
	as patient log --record "$1" --denied | python3 -c '
import json, sys
print(max((e for log in json.load(sys.stdin) for e in log["entries"]), key=lambda e: e["sequence"])["decision"]["reason"])'
}

# logged RECORD READER DECISION: whether the patient's log has such an entry.
logged() {
	python3 -c '
import json, sys
record, reader, decision = sys.argv[2:]
entries = [e for log in json.load(open(sys.argv[1])) for e in log["entries"]]
wanted = lambda e: (e["record"], str(e["actor"]), e["decision"]["decision"]) == (record, reader, decision)
sys.exit(not any(map(wanted, entries)))' "$DIRECTORY/log.json" "$1" "$2" "$3"
}

# flip_a_byte DATA RECORD: damages the stored ciphertext of a record, in its middle.
flip_a_byte() {
	python3 -c '
import pathlib, sys
[path] = [p for p in pathlib.Path(sys.argv[1]).rglob("*") if p.is_file() and p.name == sys.argv[2][2:]]
content = bytearray(path.read_bytes())
content[len(content) // 2] ^= 1
path.write_bytes(content)' "$1" "$2"
}

polkadot_js_check() {
	node polkadot-js/check.mjs --url "ws://127.0.0.1:$(rpc_port 1)" --seed-file "$DIRECTORY/keys/account-1.seed" \
		>"$DIRECTORY/logs/polkadot-js.log" 2>&1
}

# explain_network GENESIS: how to look at a network that goes on.
explain_network() {
	local n
	cat <<-END

		The network goes on (genesis $1):
	END
	for n in 1 2 3 4; do
		printf '  node %s   ws://127.0.0.1:%s   metrics http://127.0.0.1:%s/metrics\n' "$n" "$(rpc_port "$n")" "$(prometheus_port "$n")"
	done
	cat <<-END
		  vault A  http://127.0.0.1:$(vault_port 1)   operator http://127.0.0.1:$(($(vault_port 1) + 1))/readyz
		  vault B  http://127.0.0.1:$(vault_port 2)   operator http://127.0.0.1:$(($(vault_port 2) + 1))/readyz

		  polkadot.js apps   https://polkadot.js.org/apps/?rpc=ws://127.0.0.1:$(rpc_port 1)
		  as the patient     $BIN/ward --home $DIRECTORY/homes/patient --node ws://127.0.0.1:$(rpc_port 1) \\
		                       --passphrase-file $DIRECTORY/keys/patient.passphrase access
		  stop it            scripts/demo --stop

	END
}
