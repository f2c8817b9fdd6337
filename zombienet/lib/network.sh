# shellcheck shell=bash
# shellcheck disable=SC2034 # Who sources this uses all of them.
# The network that zombienet has started, for scripts. Sourced after scripts/lib/network.sh and story.sh, by
# scripts/zombienet and lib/step.

BIN=${WARD_BIN:-$BIN}
ZOMBIENET=$WARD_CACHE/zombienet/node_modules/.bin/zombienet
# The files of a network are at one place, because network files name it. All ports are 25000 to 25069.
DIRECTORY=$WARD_ROOT/.ward/zombienet PORT=25000
ERRORS=$DIRECTORY/errors.json SPEC=$DIRECTORY/spec.json INPUT=$DIRECTORY/input
# Nodes have a name and a number. Those from `alice` on are zombienet's, and hold the seats of the centers from 2 on; tests
# start others.
NAMES=('' alice bob charlie dave eve ferdie)
# The session keys of nodes that have others than those derived from their names.
AURA=() GRANDPA=()

# These ports are also in the network files.
p2p_port() { echo $((PORT + $1)); }
rpc_port() { echo $((PORT + 10 + $1)); }
prometheus_port() { echo $((PORT + 20 + $1)); }
vault_port() { echo $((PORT + 30 + 2 * $1)); }
# What comes here goes to node N, if it comes from the other side of a partition, or from the same.
far_link_to() { echo $((PORT + 50 + $1)); }
near_link_to() { echo $((PORT + 60 + $1)); }

url() { echo "http://127.0.0.1:$(rpc_port "$1")"; }
urls() {
	local n
	for n; do url "$n"; done
}

# remember NAME...: variables that later steps need.
remember() {
	local name
	for name; do declare -p "$name" | sed 's/^declare -\([^ ]*\) /declare -g\1 /; s/^declare -g- /declare -g -- /' >>"$DIRECTORY/state"; done
}

# remember_story: the next step counts on.
remember_story() {
	[ -z "$STORY" ] || PASSED=$((PASSED + 1)) STORY=''
	remember PASSED
}

# derived SCHEME SECRET: the public key.
derived() { "$BIN/ward-node" key inspect --scheme "$1" --output-type json "$2" | field publicKey; }
aura_key() { echo "${AURA[$1]:-$(derived sr25519 "//$(secret_name "$1")")}"; }
grandpa_key() { echo "${GRANDPA[$1]:-$(derived ed25519 "//$(secret_name "$1")")}"; }
# zombienet derives the keys of `alice` from //Alice.
secret_name() { python3 -c 'import sys; print(sys.argv[1].capitalize())' "${NAMES[$1]}"; }

# node_secret N: zombienet makes a node's key of its name.
node_secret() { printf %s "${NAMES[$1]}" | sha256sum | cut -c 1-64; }
# peer_of N: who node N is to others.
peer_of() { node_secret "$1" | "$BIN/ward-node" key inspect-node-key 2>/dev/null; }
# address N [PORT]: where node N is reached, or through the link at that port.
address() { echo "/ip4/127.0.0.1/tcp/${2:-$(p2p_port "$1")}/ws/p2p/$(peer_of "$1")"; }

# found_network OPTION...: a new chain, whose authorities have the keys that zombienet gives its nodes. The health authority and the
# centers have homes for `ward`: `authority`, and `seat-1` for the center of node 1. With further options for
# `ward-node found`.
found_network() {
	local n centers=()
	new_keys authority
	for n in 1 2 3 4; do
		new_keys "seat-$n"
		centers+=(--center "$(field account <"$DIRECTORY/keys/seat-$n.json"),$(aura_key $n),$(grandpa_key $n)")
	done
	"$BIN/ward-node" found --name "Ward zombienet" --id ward_zombienet --health-authority "$(field account <"$DIRECTORY/keys/authority.json")" \
		"${centers[@]}" --session-length 10 "$@" --raw --output "$SPEC"
}

# have_stopped N...: whether each of these nodes has imported four blocks since it was asked first, and finalized none.
have_stopped() {
	local n final best waiting=''
	for n; do
		final=$(final_at "$n") best=$(best_at "$n")
		[ "${STOPPED_AT[$n]:-}" = "$final" ] || STOPPED_AT[n]=$final SEEN[n]=$best
		[ "$best" -ge $((SEEN[n] + 4)) ] || waiting=yes
	done
	[ -z "$waiting" ]
}
STOPPED_AT=() SEEN=()

pid_file() { echo "$DIRECTORY/pids/node-${NAMES[$1]}"; }

# kill_node N: by SIGKILL, as a power cut does.
kill_node() {
	local pid
	pid=$(<"$(pid_file "$1")")
	kill -9 "$pid"
	check "node $1 is dead" eventually 10 gone "$pid"
}

# return_node N: starts it again as zombienet started it.
return_node() {
	local arguments
	mapfile -d '' arguments <"$DIRECTORY/commands/${NAMES[$1]}"
	run "node-${NAMES[$1]}" "$BIN/ward-node" "${arguments[@]}"
}

# start_extra N OPTION...: one more node, which is not zombienet's.
start_extra() {
	local n=$1 bootnodes=()
	mapfile -t bootnodes < <(for n in 1 2 3 4; do address "$n"; done)
	run "node-${NAMES[$1]}" "$BIN/ward-node" --chain "$SPEC" --base-path "$(node_base "$1")" \
		--name "${NAMES[$1]}" --node-key "$(node_secret "$1")" --listen-addr "/ip4/127.0.0.1/tcp/$(p2p_port "$1")/ws" \
		--rpc-port "$(rpc_port "$1")" --prometheus-port "$(prometheus_port "$1")" --bootnodes "${bootnodes[@]}" \
		--no-mdns --no-telemetry --allow-private-ip --discover-local "${@:2}"
}

# data_of N: where zombienet keeps the data of node N.
data_of() { echo "$DIRECTORY/network/${NAMES[$1]}/data/chains/ward_zombienet"; }

# node_base N: what the node itself calls its base path.
node_base() { dirname "$(dirname "$(data_of "$1")")"; }

# best_at N, final_at N: the number of the best and of the last final block of node N.
best_at() { rpc "$1" ward_status | field result.best.number; }
final_at() { rpc "$1" ward_status | field result.finalized.number; }
# reaches N NUMBER, finalizes_to N NUMBER: whether node N has come so far.
reaches() { [ "$(best_at "$1")" -ge "$2" ]; }
finalizes_to() { [ "$(final_at "$1")" -ge "$2" ]; }
peers() { rpc "$1" system_health | field result.peers; }
has_peers() { equal "$(peers "$1")" "$2" 2>/dev/null; }

# finality_reaches NUMBER N...: all of these nodes have that block, and it is final there.
finality_reaches() {
	local n
	for n in "${@:2}"; do check "block $1 becomes final at ${NAMES[n]}" eventually 120 finalizes_to "$n" "$1"; done
}

# at N ACTOR ARGUMENT...: `ward` at node N.
at() {
	local status=0
	"$BIN/ward" --home "$DIRECTORY/homes/$2" --node "ws://127.0.0.1:$(rpc_port "$1")" --output json --quiet \
		--passphrase-file "$DIRECTORY/keys/$2.passphrase" "${@:3}" 2>"$ERRORS" || status=$?
	[ $status -eq 0 ] || [ -n "${EXPECT_FAILURE:-}" ] || cat "$ERRORS" >&2
	return $status
}

chain() { python3 zombienet/lib/chain.py "$@"; }

# one_history N...: these nodes have the same final blocks at every height, as far as two of them have any. Prints how far.
one_history() {
	local nodes
	mapfile -t nodes < <(urls "$@")
	chain same-history "${nodes[@]}"
}

# note_final N...: notes what is final at these nodes now.
note_final() {
	local nodes
	mapfile -t nodes < <(urls "$@")
	chain final "${nodes[@]}" >>"$DIRECTORY/final"
}

# still_final N...: all that was ever noted is in the history of these nodes.
still_final() {
	local nodes
	mapfile -t nodes < <(urls "$@")
	chain still-final "$DIRECTORY/final" "${nodes[@]}"
}

# authored N FROM, has_not_authored N FROM: whether a block after that number is of node N, as node 1 knows them.
authored() { equal "$(chain authored "$(url 1)" "$2" "$(aura_key "$1")")" yes; }
has_not_authored() { equal "$(chain authored "$(url 1)" "$2" "$(aura_key "$1")")" no; }

# voted N FROM, has_not_voted N FROM: whether node 1 sees votes of node N, or a proof that a block after that number is
# final has one.
voted() { equal "$(chain voted "$(url 1)" "$2" "$(grandpa_key "$1")")" yes; }
has_not_voted() { equal "$(chain voted "$(url 1)" "$2" "$(grandpa_key "$1")")" no; }

# carry WHAT...: the council decides what `ward council propose` calls that: the health authority proposes it, and three
# of the four centers vote for it. The last of them closes the motion.
carry() {
	local motion
	motion=$(field motion < <(as authority council propose "$@")) || return 1
	as seat-1 council vote "$motion" --aye >/dev/null || return 1
	as seat-2 council vote "$motion" --aye >/dev/null || return 1
	equal "$(field outcome < <(as seat-3 council vote "$motion" --aye --close))" enacted
}

# seat CENTER FIELD: what the chain says of a seat, such as row.suspension.breach.
seat() {
	as authority seat list | python3 -c '
import json, sys
center, path = sys.argv[1:]
value = next(entry["seat"] for entry in json.load(sys.stdin)["seats"] if str(entry["center"]) == center)
for key in path.split("."):
    value = value and value[key]
print(value if isinstance(value, str) else json.dumps(value))' "$1" "$2"
}
seat_is() { equal "$(seat "$1" "$2")" "$3"; }

# session FIELD: of the running session.
session() { field "session.$1" < <(as authority seat list); }
