# shellcheck shell=bash
# Files that change under the hands of `ward put`, and two of `ward` in one home. Sourced by scripts/bad-input.

# spool: what the doctor has sealed that is not anchored yet; steps before leave what no vault had room for.
spool() { ls "$DIRECTORY/homes/doctor/spool"; }
spooled() { [ "$(spool)" != "$LEFT" ] && ! spool | grep -q part; }
LEFT=$(spool)
# vault_stands, vault_goes_on: vault a answers nobody, and answers again.
vault_stands() { kill -STOP "$(<"$DIRECTORY/pids/vault-a")"; }
vault_goes_on() { kill -CONT "$(<"$DIRECTORY/pids/vault-a")" 2>/dev/null || true; }
trap 'vault_goes_on; stop_network "$DIRECTORY"' EXIT

story "A file that changes while it is sealed is refused, and taken when it is at rest"
python3 - "$INPUT/changing.bin" <<-'END' &
	import os, sys
	file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
	os.truncate(file, 32 << 20)
	number = 0
	while True:
	    number += 1
	    for at in range(0, 32 << 20, 1 << 20):
	        os.pwrite(file, number.to_bytes(8, "big"), at)
END
writer=$!
check "the file is there" eventually 10 test -s "$INPUT/changing.bin"
before=$(records) stored=$(stored_in a)
check "it is refused" refused 3 file-changed put "$INPUT/changing.bin"
kill $writer
wait $writer 2>/dev/null || true
check "nothing was recorded" equal "$(records)" "$before"
check "nothing was stored" equal "$(stored_in a)" "$stored"
check "nothing is left in the home" equal "$(spool)" "$LEFT"
AT_REST=$(field 0.record < <(put "$INPUT/changing.bin"))
check "it reads back" as doctor get "$AT_REST" --out "$INPUT/changing.read" >/dev/null
check "bit for bit" cmp "$INPUT/changing.bin" "$INPUT/changing.read"

story "A file that changes while it is uploaded becomes the record that was sealed; a second put in the same home waits, and says so"
echo "as it was sealed" >"$INPUT/uploaded.txt"
cp "$INPUT/uploaded.txt" "$INPUT/sealed.txt"
before=$(records)
vault_stands
put "$INPUT/uploaded.txt" >"$INPUT/first.json" &
first=$!
check "it is sealed" eventually 20 spooled
echo "as it is now" >"$INPUT/uploaded.txt"
check "a second one is told to wait" refused 1 home-in-use put "$INPUT/uploaded.txt"
check "it says for what" grep -q 'wait until it is done' "$ERRORS"
vault_goes_on
check "the first one ends well" wait $first
UPLOADED=$(field 0.record <"$INPUT/first.json")
check "it reads back" as doctor get "$UPLOADED" --out "$INPUT/uploaded.read" >/dev/null
check "as it was sealed" cmp "$INPUT/sealed.txt" "$INPUT/uploaded.read"
check "the changed file is another record" put "$INPUT/uploaded.txt" >/dev/null
check "two records in all" equal "$(records)" $((before + 2))

story "Two puts in the same home at once, of other files and of the same one, make each record once"
for name in left right both; do head -c 3000 /dev/urandom >"$INPUT/$name.bin"; done
before=$(records)
# at_once FILE FILE: puts both, in processes of their own.
at_once() {
	local one
	put "$1" >"$INPUT/one.json" &
	one=$!
	put "$2" >"$INPUT/other.json" && wait $one
}
check "other files" at_once "$INPUT/left.bin" "$INPUT/right.bin"
check "are two records" equal "$(records)" $((before + 2))
check "the same file" at_once "$INPUT/both.bin" "$INPUT/both.bin"
check "is one record" equal "$(records)" $((before + 3))
check "which both name" equal "$(field 0.record <"$INPUT/one.json")" "$(field 0.record <"$INPUT/other.json")"
check "one of them knows that it was there" equal \
	"$(cat "$INPUT/one.json" "$INPUT/other.json" | grep -c '"existed": true')" 1
check "the journal is whole" put "$INPUT/left.bin" >"$INPUT/one.json"
check "and knows all" equal "$(field 0.existed <"$INPUT/one.json")" true
check "nothing is left in the home" equal "$(spool)" "$LEFT"
