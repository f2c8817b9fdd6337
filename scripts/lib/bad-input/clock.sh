# shellcheck shell=bash
# A machine whose clock is wrong. Sourced by scripts/bad-input.

# off OFFSET COMMAND...: a command of the doctor on a machine whose clock is off.
off() {
	local status=0
	with_clock "$1" "$BIN/ward" --home "$DIRECTORY/homes/doctor" --node "ws://127.0.0.1:$(rpc_port 1)" \
		--passphrase-file "$DIRECTORY/keys/doctor.passphrase" --output json --quiet "${@:2}" 2>"$ERRORS" || status=$?
	return $status
}
# names_clock SIDE: the last error says that this machine's clock is on that side of the vault's.
names_clock() { field error.message <"$ERRORS" | grep -q "^this machine's clock is $1 that of the vault" && field error.hint <"$ERRORS" | grep -q '^set the clock'; }

story "A machine whose clock is ten minutes off is told so, and nothing is stored until the clock is right"
echo "what a clock cannot spoil" >"$INPUT/clock.txt"
before=$(records) stored=$(stored_in a)
for off in '-10m behind request-expired' '+10m ahead.of request-from-future'; do
	read -r offset side code <<<"$off"
	check "putting, $offset" refused 8 "$code" off "$offset" put "$INPUT/clock.txt" --patient "$PATIENT" --vault-of "$A"
	check "it names the clock" names_clock "${side/./ }"
	check "reading, $offset" refused 8 "$code" off "$offset" get "$RECORD" --out "$INPUT/none"
	check "it names the clock" names_clock "${side/./ }"
done
check "nothing was recorded" equal "$(records)" "$before"
check "nothing was stored" equal "$(stored_in a)" "$stored"
check "nothing was written" test ! -e "$INPUT/none"
check "the same put works with the right clock" put "$INPUT/clock.txt" >/dev/null
check "it is one record" equal "$(records)" $((before + 1))
