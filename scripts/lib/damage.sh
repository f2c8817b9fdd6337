# shellcheck shell=bash
# Damage, and what it does. Sourced by scripts/damage.

declare -A CENTER_OF=() PORTS_OF=([a]=1 [b]=2 [c]=3)

# small_disk DIRECTORY SIZE: the directory becomes a file system of its own.
# shellcheck disable=SC2034
small_disk() { mount -t tmpfs -o "size=$2" tmpfs "$1" 2>/dev/null && SMALL_DISKS=yes; }

# other_disk_for_content DATA: what a vault stores lies elsewhere than its database.
other_disk_for_content() {
	mkdir -p "$1/content" "$1-content"
	mount --bind "$1-content" "$1/content"
}

# fill DIRECTORY: leaves no room on its disk.
fill() { head -c 1G /dev/zero >"$1/filling" 2>/dev/null || test -s "$1/filling"; }

make_room() { rm "$1/filling"; }

operator() { echo "127.0.0.1:$(($(vault_port "${PORTS_OF[$1]}") + 1))"; }

# start_vault NAME SETTING...: a vault, with settings in its environment.
start_vault() {
	local name=$1 transport=(--allow-plain-http)
	[ "$name" != c ] || transport=(--tls-cert "$INPUT/tls/cert.pem" --tls-key "$INPUT/tls/key.pem")
	run "vault-$name" env "${@:2}" "$BIN/ward-vault" run --data-dir "$DIRECTORY/vault-$name" --center "${CENTER_OF[$name]}" \
		--node "ws://127.0.0.1:$(rpc_port 1)" --listen "127.0.0.1:$(vault_port "${PORTS_OF[$name]}")" \
		--operator-listen "$(operator "$name")" "${transport[@]}" --runtime "$RUNTIME"
}

stop_vault() { stop_process "$DIRECTORY/pids/vault-$1"; }

# restart_vault NAME SETTING...
restart_vault() {
	stop_vault "$1"
	start_vault "$@"
	check "vault $1 is ready" eventually 60 stands "$1" open
}

# does_not_start NAME TEXT: the vault ends by itself with exit code 1, and says that.
does_not_start() {
	local status=0 pid
	start_vault "$1"
	pid=$(<"$DIRECTORY/pids/vault-$1")
	eventually 60 gone "$pid" || return 1
	wait "$pid" || status=$?
	rm "$DIRECTORY/pids/vault-$1"
	cp "$DIRECTORY/logs/vault-$1.log" "$ERRORS"
	equal "$status" 1 && says "$2"
}

# says TEXT: what went wrong last is told in these words.
says() {
	grep -qF -e "$1" "$ERRORS" && return
	printf '      not said: %s\n' "$1" >&2
	cat "$ERRORS" >&2
	return 1
}

# stands NAME MODE [PART CODE]: /readyz says for whom the vault serves, and the one part that is in the way.
stands() {
	curl -s "http://$(operator "$1")/readyz" | python3 -c '
import json, sys
report, (mode, *trouble) = json.load(sys.stdin), sys.argv[1:]
found = [[part["name"], part["code"]] for part in report["parts"] if not part["ok"]]
sys.exit((report["mode"], found) != (mode, [trouble] if trouble else []))' "${@:2}"
}

# part_of NAME PART FIELD: what /readyz says of one part.
part_of() {
	curl -s "http://$(operator "$1")/readyz" | python3 -c '
import json, sys
print(next(part[sys.argv[2]] for part in json.load(sys.stdin)["parts"] if part["name"] == sys.argv[1]))' "$2" "$3"
}

stands_for() { equal "$(part_of "$1" "$2" code)" "$3"; }

detail() { [[ "$(part_of "$1" "$2" detail)" == *"$3"* ]]; }

# metric NAME METRIC: a number of /metrics.
metric() { curl -sf "http://$(operator "$1")/metrics" | sed -n "s/^ward_vault_$2 //p"; }

# put VAULT FILE: the doctor writes about the patient; prints the record.
put() {
	local whose=()
	[ "$1" = a ] || whose=(--on-behalf-of "$A")
	as doctor "${TRUST[@]}" put "$INPUT/$2" --again --patient "$PATIENT" --vault-of "${CENTER_OF[$1]}" "${whose[@]}" >"$INPUT/put.json" &&
		field 0.record <"$INPUT/put.json"
}
TRUST=()

# get RECORD: the doctor reads; a failed reading leaves nothing.
get() {
	rm -f "$INPUT/read"
	as doctor "${TRUST[@]}" get "$1" --out "$INPUT/read" >/dev/null || {
		local status=$?
		[ ! -e "$INPUT/read" ] || return 99
		return $status
	}
	GOT=$((${GOT:-0} + 1))
}

# reads RECORD FILE: the doctor gets it bit for bit.
reads() { get "$1" && cmp "$INPUT/$2" "$INPUT/read"; }

records() { as patient records | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }

# permits RECORD: how often its content was released, as the patient's log has it.
permits() {
	as patient log >"$DIRECTORY/log.json" && python3 -c '
import json, sys
entries = [e for log in json.load(open(sys.argv[1])) for e in log["entries"] if e["record"] == sys.argv[2]]
print(sum(e["event"] == "content" and e["decision"]["decision"] == "permit" for e in entries))' "$DIRECTORY/log.json" "$1"
}

# audited NAME [FINDING]...: the vault is stopped, and an audit finds these kinds of findings, and no others.
audited() {
	local name=$1 status=0
	shift
	stop_vault "$name"
	"$BIN/ward-vault" audit --data-dir "$DIRECTORY/vault-$name" --node "ws://127.0.0.1:$(rpc_port 1)" \
		--center "${CENTER_OF[$name]}" >"$INPUT/audit.json" 2>"$ERRORS" || status=$?
	# shellcheck disable=SC2015
	equal "$status" $(($# > 0)) && equal "$(python3 -c '
import json, sys
print(*sorted({finding["code"] for finding in json.load(open(sys.argv[1]))["findings"]}))' "$INPUT/audit.json")" "$*" || {
		cat "$INPUT/audit.json" "$ERRORS" >&2
		return 1
	}
}

# named RECORD: the last audit names this record.
named() { grep -qF "$1" "$INPUT/audit.json"; }

# set_clock OFFSET: seconds from now, for processes that read their clock there.
set_clock() { echo "$1" >"$CLOCK.new" && mv "$CLOCK.new" "$CLOCK"; }

# request [--again]: what vault a answers to a signed request of a center.
request() {
	node scripts/lib/replay.mjs --vault "http://127.0.0.1:$(vault_port "${PORTS_OF[${WHICH:-a}]}")" --center "${CENTER_OF[${WHICH:-a}]}" \
		--genesis "$GENESIS" --seed-file "$DIRECTORY/keys/account-1.seed" --request "$INPUT/request.json" "$@"
}

# follows NAME: the vault has looked at another finalized block since it was asked last.
follows() {
	local now
	now=$(metric "$1" finalized_block)
	[ "$now" -gt "${FOLLOWED:=$now}" ] && unset FOLLOWED
}

# final: the number of the node's last final block.
final() { rpc 1 ward_status | field result.finalized.number; }

# node_failed: the node that has ended did so with an error.
node_failed() {
	local status=0
	wait "$(<"$DIRECTORY/pids/node-1")" || status=$?
	rm "$DIRECTORY/pids/node-1"
	equal "$status" 1
}

final_after() { [ "$(final)" -gt "$1" ]; }

# counts NAME METRIC NUMBER: /metrics has counted so many.
counts() { equal "$(metric "$1" "$2")" "$3" 2>/dev/null; }

# accept_loss NAME: the operator accepts what the database of a vault lacks.
accept_loss() { "$BIN/ward-vault" accept-loss --data-dir "$DIRECTORY/vault-$1" >"$ERRORS" 2>&1; }

# refuses_to_audit NAME TEXT: there is no report, but that.
refuses_to_audit() {
	fails 1 "$BIN/ward-vault" audit --data-dir "$DIRECTORY/vault-$1" 2>"$ERRORS" && says "$2"
}

# file_of RECORD: where vault a keeps its content.
file_of() { echo "$DIRECTORY/vault-a/content/${1:2:2}/${1:2}"; }

# flip_all FILE RECORD: changes a byte behind each place of a file where a record's id stands.
flip_all() {
	python3 -c '
import pathlib, sys
path, record = pathlib.Path(sys.argv[1]), bytes.fromhex(sys.argv[2][2:])
content = bytearray(path.read_bytes())
places, at = 0, content.find(record)
while at >= 0:
    content[at + len(record)] ^= 1
    places, at = places + 1, content.find(record, at + len(record) + 1)
path.write_bytes(content)
sys.exit(not places)' "$1" "$2"
}

# change_a_key FROM TO: a key file with one character of what is encrypted changed.
change_a_key() {
	python3 -c '
import json, sys
keys = json.load(open(sys.argv[1]))
keys["sealed"] = keys["sealed"][:40] + ("A" if keys["sealed"][40] != "A" else "B") + keys["sealed"][41:]
json.dump(keys, open(sys.argv[2], "w"))' "$1" "$2"
}

# quietly COMMAND...: what it says is shown only if it fails.
quietly() { "$@" >"$ERRORS" 2>&1 || { cat "$ERRORS" >&2 && return 1; }; }

# authority_for_tls DIRECTORY: a TLS authority.
authority_for_tls() {
	mkdir "$1"
	quietly with_clock -20d openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 -keyout "$1/ca.key" \
		-out "$1/ca.pem" -subj "/CN=Ward test authority"
}

# certificate DIRECTORY FROM NAME: a certificate of that authority with its key, valid for two days from then on, which is
# said as an offset from now.
certificate() {
	quietly with_clock "$2" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -CA "$1/ca.pem" -CAkey "$1/ca.key" \
		-keyout "$1/key.pem" -out "$1/cert.pem" -subj "/CN=vault" -addext "subjectAltName=$3" \
		-addext "basicConstraints=critical,CA:FALSE"
}

# hang_up NAME: the vault reads its certificate again.
hang_up() { kill -HUP "$(<"$DIRECTORY/pids/vault-$1")"; }
