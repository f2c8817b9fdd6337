// Usage: node scripts/lib/hostile-batch.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//          --node URL --patient N --other CENTER --record FILE
//
// Deposits 129 small records and anchors them in bad ways and in good ones, with @polkadot/api and nothing but the
// chain's own metadata. Prints what each attempt gets, one line each: `NAME RESULT RECORDS`, where RECORDS is how many
// of them are on the chain afterwards; the result of a batch begins with what `check_batch` names beforehand. A deposit of OTHER, another center with a vault, is claimed but was never made.
// Leaves the id and the content of one anchored record in FILE.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { announcement, given, send } from './deposit.mjs';
import { each } from './raw-http.mjs';
import { unhex } from './signed-request.mjs';

const require = createRequire(new URL('../../polkadot-js/check.mjs', import.meta.url));
const { ApiPromise, Keyring, WsProvider } = require('@polkadot/api');
const BOUND = 128;
const BAD = 57;
const FINALITY_MS = 60_000;

const who = given('node', 'patient', 'other', 'record');
const patient = Number(who.patient);

/** A deposited record, as a call takes it. */
async function deposit(content) {
	const json = announcement(who.author, content, patient);
	const announced = await send(who, 'POST', '/v1/deposits', { json });
	const stored = await send(who, 'PUT', `/v1/deposits/${announced.body.record}/content`, { bytes: content });
	if (stored.status !== 200) throw new Error(`a deposit was refused: ${stored.code}`);
	const { commitment, attributes, content_root, size } = json.content;
	const { custodian, expires, signature } = stored.body;
	const deposits = [{ custodian, expires, signature }];
	return { id: announced.body.record, new: { patient, onBehalfOf: who.author, commitment, attributes, contentRoot: content_root, size, deposits } };
}

const api = await ApiPromise.create({ provider: new WsProvider(who.node), noInitWarn: true });
const signer = new Keyring({ type: 'ed25519' }).addFromSeed(unhex(readFileSync(who['seed-file'], 'latin1').trim()));

let nonce = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();

/** What becomes of a call: `ok`, its error, or `refused` if the node does not take it. */
function submit(call) {
	return new Promise((resolve) => {
		const late = setTimeout(() => end('late'), FINALITY_MS);
		const end = (result) => {
			clearTimeout(late);
			resolve(result);
		};
		const watch = ({ status, dispatchError }) => {
			if (!status.isFinalized) return;
			if (!dispatchError) return end('ok');
			const { section, name } = api.registry.findMetaError(dispatchError.asModule);
			end(`${section}.${name}`);
		};
		call.signAndSend(signer, { nonce: nonce++ }, watch).catch(() => {
			nonce -= 1;
			end('refused');
		});
	});
}

const recorded = async () => (await api.call.wardApi.patientRecords(patient, 0, 1000)).length;
const before = await recorded();
const report = async (name, result) => console.log(name, result, (await recorded()) - before);
const anchor = (record) => submit(api.tx.records.anchor(record));
async function batch(records) {
	const { err } = (await api.call.wardApi.checkBatch(signer.publicKey, records)).toJSON();
	return `${err ? `${err.index}:${err.error}` : 'none'} ${await submit(api.tx.records.anchorBatch(records))}`;
}

const contents = Array.from({ length: BOUND + 1 }, (_, index) => randomBytes(index === 0 ? 5000 : 50));
const deposited = [];
await each(contents, async (content, index) => {
	deposited[index] = await deposit(content);
});
const records = deposited.map((made) => made.new);
const [first, ...rest] = records;
const changed = (record, change) => ({ ...record, deposits: [{ ...record.deposits[0], ...change }] });

const withBad = records.slice(0, BOUND);
withBad[BAD] = changed(withBad[BAD], { custodian: Number(who.other) });
const attempts = [
	['receipt-of-another-vault', anchor(changed(first, { custodian: Number(who.other) }))],
	['receipt-for-another-record', anchor(changed(first, { signature: rest[0].deposits[0].signature }))],
	['receipt-prolonged', anchor(changed(first, { expires: first.deposits[0].expires + 1 }))],
	['without-receipt', anchor({ ...first, deposits: [] })],
	['empty', batch([])],
	['one-bad', batch(withBad)],
	['one-twice', batch([...records.slice(0, 5), first])],
];
for (const [name, result] of attempts) await report(name, await result);
await report('over', await batch(records));
await report('bound', await batch(records.slice(0, BOUND)));
await report('again', await batch(records.slice(BOUND - 1)));
await report('last', await anchor(records[BOUND]));
writeFileSync(who.record, JSON.stringify({ id: deposited[0].id, content: contents[0].toString('base64') }));
await api.disconnect();
