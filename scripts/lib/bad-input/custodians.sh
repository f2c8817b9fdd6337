# shellcheck shell=bash
# Records and receipts at the wrong vault, and batches. Sourced by scripts/bad-input.

# hostile SCRIPT NUMBER CENTER OPTION...: a script in lib/ that talks to the vault with that number as the first
# founding center, with its own key. What it gets is in $INPUT/answers.
hostile() {
	node "scripts/lib/$1.mjs" --vault "http://127.0.0.1:$(vault_port "$2")" --center "$3" --author 2 --genesis "$GENESIS" \
		--seed-file "$DIRECTORY/keys/account-1.seed" "${@:4}" >"$INPUT/answers" 2>>"$DIRECTORY/logs/$1.log"
}
GENESIS=$(field genesis < <(as doctor status))

story "Batches at their bound and over it, with one bad record, and receipts of another vault: all or nothing"
# A vault with tight limits takes the place of the one with the full disk.
stop_process "$DIRECTORY/pids/vault-small"
STRICT=$(enrol authority center-strict medical-center 1)
VAULT_OPTIONS="--max-json-bytes 8192 --max-upload-bytes 20000 --staging-bytes 30000 --staging-deposits 3 --concurrent-uploads 2 \
	--min-upload-bytes-per-second 2500 --header-timeout 2 --idle-timeout 2 --max-connections 50" \
	open_vault strict center-strict "$STRICT" 2 1
check "the patient is in the center's care" as patient care open 2 >/dev/null
check "it is asked" hostile hostile-batch 1 "$A" --node "ws://127.0.0.1:$(rpc_port 1)" --patient "$PATIENT" --other "$STRICT" \
	--record "$INPUT/record.json"
cat >"$INPUT/expected" <<-END
	receipt-of-another-vault records.InvalidSignature 0
	receipt-for-another-record records.InvalidSignature 0
	receipt-prolonged records.InvalidSignature 0
	without-receipt records.NoDeposit 0
	empty 0:Records::EmptyBatch records.EmptyBatch 0
	one-bad 57:Records::InvalidSignature records.InvalidSignature 0
	one-twice 5:Records::AlreadyExists records.AlreadyExists 0
	over 128:Records::TooManyRecords refused 0
	bound none ok 128
	again 0:Records::AlreadyExists records.AlreadyExists 128
	last ok 129
END
check "every answer is the expected one" diff "$INPUT/expected" "$INPUT/answers"

story "A folder with one bad file: it is named, the others are put, and all of them when it is good"
mkdir "$INPUT/folder"
for name in a b c; do head -c 500 /dev/urandom >"$INPUT/folder/$name.bin"; done
cp "$INPUT/truncated.json" "$INPUT/folder/bad.json"
before=$(records)
check "it is named" refused 3 some-not-put put "$INPUT/folder"
check "by its path" grep -q 'folder/bad.json' "$ERRORS"
check "the others are put" equal "$(records)" $((before + 3))
cp "$WARD_FHIR_EXAMPLES/Observation-blood-pressure.json" "$INPUT/folder/bad.json"
check "the next one puts the rest" put "$INPUT/folder" >/dev/null
check "and nothing twice" equal "$(records)" $((before + 4))

story "A vault gives and takes nothing of a record that was announced to another one"
before=$(stored_in strict)
check "it is asked" hostile hostile-custody 1 "$A" --other-vault "http://127.0.0.1:$(vault_port 2)" --other "$STRICT" --record "$INPUT/record.json"
cat >"$INPUT/expected" <<-END
	facts-of-another-vault 403 access-denied
	content-of-another-vault 403 access-denied
	deposit-at-another-vault 403 access-denied
	upload-to-another-vault 403 access-denied
	signed-for-another-vault 401 wrong-vault
	upload-to-the-right-one 200 ok
END
check "every answer is the expected one" diff "$INPUT/expected" "$INPUT/answers"
check "nothing was stored there" equal "$(stored_in strict)" "$before"
