# shellcheck shell=bash
# Odd addresses, and requests at and over every limit. Sourced by scripts/bad-input, after custodians.sh.

# descriptors NAME, memory NAME: how many files the process has open, and how many KiB of memory it has.
descriptors() { find "/proc/$(<"$DIRECTORY/pids/$1")/fd" -mindepth 1 | wc -l; }
memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(<"$DIRECTORY/pids/$1")/status"; }
# count NAME NUMBER: a counter of the vault with that number.
count() { curl -sf "http://127.0.0.1:$(($(vault_port "$2") + 1))/metrics" | sed -n "s/^$1 //p"; }
# at_most ACTUAL MOST, and the same of what a command says now.
at_most() { [ "$1" -le "$2" ] || { printf '      %s is more than %s\n' "$1" "$2" >&2 && return 1; }; }
at_most_now() { at_most "$("${@:2}")" "$1"; }
at_least_now() { at_most "$1" "$("${@:2}")"; }

story "Odd text in every part of every address gets only what the protocol says, and never somebody else's bytes"
before=$(stored_in a)
check "every answer is in order" hostile hostile-paths 1 "$A" --record "$INPUT/record.json" \
	--operator "http://127.0.0.1:$(($(vault_port 1) + 1))"
check "nothing was stored" equal "$(stored_in a)" "$before"
check "no fault was logged" absent ' ERROR ' "$DIRECTORY/logs/vault-a.log"

story "Every limit of a vault is kept to the byte: bodies, headers, counts, lengths, time"
before=$(stored_in strict)
check "it is asked" hostile hostile-limits 2 "$STRICT"
check "every answer is the expected one" diff scripts/lib/bad-input/limits.expected "$INPUT/answers"
check "nothing of what was given up is left" test -z "$(find "$DIRECTORY/vault-strict/content" -name '*#*')"
check "three uploads are stored" equal "$(stored_in strict)" $((before + 3))
check "no fault was logged" absent ' ERROR ' "$DIRECTORY/logs/vault-strict.log"

story "Ranges that are right, wrong, several or huge get their bytes, all bytes or none"
check "it is asked" hostile hostile-ranges 1 "$A" --record "$INPUT/record.json"
check "every answer is the expected one" diff scripts/lib/bad-input/ranges.expected "$INPUT/answers"

story "A thousand connections that ask for nothing are ended in time, and everybody else is served meanwhile"
files=$(descriptors vault-a) files_tls=$(descriptors vault-tls) kilobytes=$(memory vault-a) kilobytes_tls=$(memory vault-tls)
node scripts/lib/hostile-connections.mjs --plain "$(vault_port 1)" --tls "$(vault_port 3)" --count 1000 >"$INPUT/connections" &
many=$!
check "they are open" eventually 10 grep -q '^open 1000$' "$INPUT/connections"
check "the vaults have them" eventually 5 at_least_now 600 descriptors vault-a
check "others are served" timeout 5 curl -sf "http://127.0.0.1:$(vault_port 1)/v1/vault" >/dev/null
check "over TLS, too" timeout 5 curl -sf --cacert "$INPUT/tls/ca.pem" "https://127.0.0.1:$(vault_port 3)/v1/vault" >/dev/null
rm -f "$INPUT/none"
check "and read their records" as doctor get "$RECORD" --out "$INPUT/none" >/dev/null
check "all that while" kill -0 $many
check "they are ended" wait $many
read -r _ ended seconds < <(grep ended "$INPUT/connections")
check "all of them by the vaults" equal "$ended" 1000
check "in time" at_most "$seconds" 20
check "the files are closed" eventually 5 at_most_now $((files + 5)) descriptors vault-a
check "over TLS, too" eventually 5 at_most_now $((files_tls + 5)) descriptors vault-tls
check "the memory is there again" at_most "$(memory vault-a)" $((kilobytes + 40000))
check "over TLS, too" at_most "$(memory vault-tls)" $((kilobytes_tls + 40000))

story "More connections than a vault takes are refused, and taken when there is room"
node scripts/lib/hostile-connections.mjs --plain "$(vault_port 2)" --tls "$(vault_port 2)" --count 80 >"$INPUT/connections"
read -r _ ended seconds < <(grep ended "$INPUT/connections")
check "all are ended" equal "$ended" 80
check "in time" at_most "$seconds" 10
check "thirty had no room" equal "$(count 'ward_vault_connections_refused_total{listener="public"}' 2)" 30
check "none is left" equal "$(count 'ward_vault_connections{listener="public"}' 2)" 0
check "the next one is served" curl -sf "http://127.0.0.1:$(vault_port 2)/v1/vault" >/dev/null
