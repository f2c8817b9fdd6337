# shellcheck shell=bash
# Processes that die at named points, and what must be true afterwards. Sourced by scripts/survive.

# The vaults: the number of the center of each, and the number that its ports come from. $WHICH, if it is not `a`, is the
# one that the functions below are about.
declare -A CENTER_OF=() PORTS_OF=([a]=1 [other]=2)

# start_vault SETTING...: a vault, with settings in its environment.
start_vault() {
	local name=${WHICH:-a} public
	public=$(vault_port "${PORTS_OF[$name]}")
	run "vault-$name" env "$@" "$BIN/ward-vault" run --data-dir "$DIRECTORY/vault-$name" --center "${CENTER_OF[$name]}" \
		--node "ws://127.0.0.1:$(rpc_port 1)" --listen "127.0.0.1:$public" --operator-listen "127.0.0.1:$((public + 1))" \
		--allow-plain-http --staging-seconds 7200 --runtime "$RUNTIME"
}

vault_is_ready() { curl -sf "http://127.0.0.1:$(($(vault_port "${PORTS_OF[${WHICH:-a}]}") + 1))/readyz"; }

stop_vault() { stop_process "$DIRECTORY/pids/vault-${WHICH:-a}"; }

# restart_vault SETTING...
restart_vault() {
	stop_vault
	start_vault "$@"
	check "the vault is ready" eventually 60 vault_is_ready
}

# process NAME: its number.
process() { cat "$DIRECTORY/pids/$1"; }

# killed NAME: the process ended by SIGKILL, and not otherwise.
killed() {
	local pid status=0
	pid=$(process "$1")
	# The shell itself would say that it was killed.
	{ eventually 60 gone "$pid" && { wait "$pid" || status=$?; }; } 2>/dev/null
	rm -f "$DIRECTORY/pids/$1"
	equal "$status" 137
}

# dies_at POINT COMMAND...: the command's own process gets to the point, and dies there.
dies_at() { dies_by "$1=return" "${@:2}"; }

# dies_by ARMED COMMAND...: as armed (see docs/testing.md), the command's own process dies.
dies_by() {
	local status=0
	{ FAILPOINTS=$1 EXPECT_FAILURE=yes "${@:2}" >/dev/null || status=$?; } 2>/dev/null
	equal "$status" 137
}

# audited: the vault is stopped, and all that it has is accounted for.
audited() {
	local name=${WHICH:-a}
	stop_vault
	"$BIN/ward-vault" audit --data-dir "$DIRECTORY/vault-$name" --node "ws://127.0.0.1:$(rpc_port 1)" \
		--center "${CENTER_OF[$name]}" >"$DIRECTORY/audit.json" 2>"$ERRORS" || {
		cat "$DIRECTORY/audit.json" "$ERRORS" >&2
		return 1
	}
}

# reported [FIELD VALUE]...: the audit's report says so.
reported() {
	while [ $# -gt 0 ]; do
		equal "$(field "$1" <"$DIRECTORY/audit.json")" "$2" || return 1
		shift 2
	done
}

# settled [FIELD VALUE]...: all is accounted for, and when the vault has followed the chain the report says so.
settled() {
	local until=$((SECONDS + 60))
	audited || return 1
	until reported "$@" 2>/dev/null; do
		[ $SECONDS -lt $until ] || {
			reported "$@"
			return
		}
		restart_vault
		audited || return 1
	done
}

# put FILE...: the doctor writes about the patient.
put() { as doctor put "$@" --patient "$PATIENT" --vault-of "$A"; }

# content POINT [BYTES]: a new file for this point.
content() {
	FILE=$INPUT/$1.bin
	head -c "${2:-1000}" /dev/urandom >"$FILE"
}

# nothing_left: the doctor's home has no ciphertext on its way any more, and nothing lies half written.
nothing_left() {
	equal "$(find "$DIRECTORY/homes/doctor" "$INPUT" \( -path '*/spool/*' -o -name '.*' -o -name '*.new' \) -type f)" ''
}

# reads_back RECORD FILE: the patient gets the record bit for bit.
reads_back() { as patient get "$1" --out "$INPUT/.read" >/dev/null && cmp "$2" "$INPUT/.read" && rm "$INPUT/.read"; }

records() { as patient records | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }

# put_again FILE...: the same put succeeds now, makes one record of each file, and leaves nothing to clean up.
put_again() {
	local file number=0
	put "$@" >"$DIRECTORY/put.json" || return 1
	cp "$ERRORS" "$DIRECTORY/logs/put-${#RECORDS[@]}.log"
	for file; do
		RECORDS+=("$(field "$number.record" <"$DIRECTORY/put.json") $file")
		number=$((number + 1))
	done
	equal "$(records)" ${#RECORDS[@]} && nothing_left && reads_back "${RECORDS[-1]% *}" "$file"
}

# all_is_well FILE...: after a death, the same put succeeds, and all is accounted for.
all_is_well() {
	check "the same put works" put_again "$@"
	check "all is accounted for" settled deposits.stored 0 deposits.announced 0
	restart_vault
}

# client_dies POINT WHAT [BYTES]: a put dies there in `ward`.
client_dies() {
	story "$1: $2"
	content "$1" "${3:-}"
	check "it dies there" dies_at "$1" put "$FILE"
	all_is_well "$FILE"
}

# vault_dies POINT WHAT [BYTES]: the vault dies there in the course of a put, which fails and says so.
vault_dies() {
	story "$1: $2"
	content "$1" "${3:-}"
	restart_vault "FAILPOINTS=$1=return"
	check "the put fails" fails 8 put "$FILE"
	check "the vault dies there" killed vault-a
	check "all is accounted for at once" audited
	restart_vault
	all_is_well "$FILE"
}

# vault_dies_promoting POINT WHAT: the put is through when the vault dies.
vault_dies_promoting() {
	story "$1: $2"
	content "$1"
	restart_vault "FAILPOINTS=$1=return"
	check "the put works" put_again_without_reading "$FILE"
	check "the vault dies there" killed vault-a
	check "all is accounted for at once" audited
	restart_vault
	all_is_well_anchored
}

put_again_without_reading() {
	RECORDS+=("$(field 0.record < <(put "$1")) $1")
}

# all_is_well_anchored: what was anchored last is promoted and can be read.
all_is_well_anchored() {
	check "it is one record" equal "$(records)" ${#RECORDS[@]}
	check "it reads back" reads_back "${RECORDS[-1]% *}" "${RECORDS[-1]#* }"
	check "all is accounted for" settled deposits.stored 0 deposits.announced 0 custody.waiting 0
	restart_vault
}

# vault_dies_reading POINT WHAT: the vault dies there while a record is read.
vault_dies_reading() {
	story "$1: $2"
	local out=$INPUT/read
	restart_vault "FAILPOINTS=$1=return"
	check "the reading fails" fails 8 as doctor get "$LARGE" --out "$out"
	check "the vault dies there" killed vault-a
	check "nothing was written" test ! -e "$out"
	check "all is accounted for at once" audited
	restart_vault
	read_again "$out"
}

# client_dies_reading POINT WHAT
client_dies_reading() {
	story "$1: $2"
	local out=$INPUT/read
	check "it dies there" dies_at "$1" as doctor get "$LARGE" --out "$out"
	check "nothing has the name" test ! -e "$out"
	read_again "$out"
}

# read_again FILE: the same reading works, and leaves nothing else.
read_again() {
	check "the same reading works" as doctor get "$LARGE" --out "$1" >/dev/null
	check "bit for bit" cmp "$LARGE_FILE" "$1"
	rm "$1"
	check "nothing is left of the one that failed" nothing_left
	check "all is accounted for" audited
	restart_vault
}

# not_in FILE: the fail-points of the sources whose names the file lacks.
not_in() {
	local point
	grep -rhoE 'die_at(_rows)?\("[a-z.-]+"' client/src vault/src --include='*.rs' | cut -d '"' -f 2 | sort -u |
		while read -r point; do grep -qF -e "$point" "$1" || echo "$point"; done
}
