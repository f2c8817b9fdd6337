# shellcheck shell=bash
# Storage receipts, as a user sees them: what `ward show` says of copies and of vaults. Sourced by scripts that play on a
# network.

# copy_is RECORD CENTER STATE: how a custodian's copy stands.
copy_is() {
	as patient show record "$1" | python3 -c '
import json, sys
custodians, (center, state) = json.load(sys.stdin)["custodians"], sys.argv[1:]
[storage] = [c["storage"] for c in custodians if str(c["center"]) == center]
sys.exit(not storage or storage["state"] != state)' "$2" "$3"
}

# copies_are STATE RECORD...: every copy of these records stands so.
copies_are() {
	local record state=$1
	shift
	for record; do
		as patient show record "$record" | python3 -c '
import json, sys
states = [c["storage"] and c["storage"]["state"] for c in json.load(sys.stdin)["custodians"]]
sys.exit(not states or any(state != sys.argv[1] for state in states))' "$state" || return 1
	done
}

# told_of RECORD TEXT: the sentence about a record's copies has this in it.
told_of() {
	[[ "$(field inWords < <(as patient show record "$1"))" == *"$2"* ]] && return
	printf '      said: %s\n' "$(field inWords < <(as patient show record "$1"))" >&2
	return 1
}

# cohorts_are CENTER STATE: all cohorts of a center stand so, and there is one.
cohorts_are() {
	as patient show vault "$1" | python3 -c '
import json, sys
cohorts = json.load(sys.stdin)["cohorts"]
sys.exit(not cohorts["total"] or cohorts[sys.argv[1]] != cohorts["total"])' "$2"
}

# missing_at CENTER: the records that other centers looked for there and did not see, one a line.
missing_at() {
	as patient show vault "$1" | python3 -c '
import json, sys
for row in json.load(sys.stdin)["missing"]:
    print(row["record"])'
}

# epoch: the one that the chain is in.
epoch() { field epoch < <(as patient show vault "$1"); }
epoch_is() { [ "$(epoch "$1")" -ge "$2" ]; }

# stored_at VAULT RECORD: where a vault keeps the ciphertext of a record.
stored_at() { echo "$DIRECTORY/vault-$1/content/${2:2:2}/${2:2}"; }

# repaired CENTER FILE: whether what `ward repair` printed into the file says that it repaired this center's copy, and that
# all are sound now.
repaired() {
	python3 -c '
import json, sys
[report] = json.load(open(sys.argv[2]))["records"]
states = {str(copy["center"]): copy["state"] for copy in report["copies"]}
repaired = states.pop(sys.argv[1])
sys.exit(repaired != "repaired" or any(state != "sound" for state in states.values()))' "$1" "$2"
}
