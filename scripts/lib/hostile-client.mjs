// Usage: node scripts/lib/hostile-client.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//
// Talks to a vault as no honest client would, and prints what each attempt gets, one line each: `NAME STATUS CODE`. It
// signs its requests by docs/protocol.md alone, without any of Ward's code.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { hex, keyOf, signedHeaders, unhex } from './signed-request.mjs';

// Node.js has neither BLAKE3 nor BLAKE2b with 32 bytes; scripts/setup installs them with @polkadot/api.
const require = createRequire(new URL('../../polkadot-js/check.mjs', import.meta.url));
const { blake2AsU8a } = require('@polkadot/util-crypto');
const { blake3 } = createRequire(require.resolve('@polkadot/util-crypto'))('@noble/hashes/blake3');

const { values: given } = parseArgs({
	options: Object.fromEntries(['vault', 'genesis', 'center', 'author', 'seed-file'].map((n) => [n, { type: 'string' }])),
});
const author = Number(given.author);
const ownKey = keyOf(unhex(readFileSync(given['seed-file'], 'latin1').trim()));
const headers = (...request) => signedHeaders({ ...given, key: ownKey }, ...request);

async function send(method, path, { json, bytes, lies } = {}) {
	const body = json ? JSON.stringify(json) : bytes;
	const all = headers(method, path, json && body, lies);
	if (json) all['content-type'] = 'application/json';
	const answer = await fetch(given.vault + path, { method, headers: all, body });
	const text = await answer.text();
	const parsed = text === '' ? {} : JSON.parse(text);
	return { status: answer.status, body: parsed, code: (parsed.type ?? 'ok').split(':').at(-1) };
}

/** An announcement of `content`, for its author's eyes only. */
function announcement(content) {
	const salt = randomBytes(32);
	// SCALE: salt, categories u16, sensitivity u8, no period.
	const attributes = Buffer.concat([Buffer.from('ward/attributes/v1\0'), salt, Buffer.from([0, 2, 0, 0])]);
	return {
		content: {
			patient: author,
			author,
			commitment: hex(randomBytes(32)),
			attributes: hex(blake2AsU8a(attributes, 256)),
			content_root: hex(blake3(content)),
			size: content.length,
		},
		opening: { salt: hex(salt), attributes: { categories: 512, sensitivity: 'normal', period: null } },
		wraps: [{ recipient: author, suite: 'XWing', sealed: randomBytes(1168).toString('base64') }],
		patientOnly: true,
	};
}

const report = (name, { status, code }) => console.log(`${name} ${status} ${code}`);
const content = randomBytes(5000);
const json = announcement(content);

report('bad-signature', await send('POST', '/v1/deposits', { json, lies: { signs: 'something else' } }));
report('wrong-vault', await send('POST', '/v1/deposits', { json, lies: { center: 999 } }));
report('wrong-genesis', await send('POST', '/v1/deposits', { json, lies: { genesis: hex(randomBytes(32)) } }));
report('expired', await send('POST', '/v1/deposits', { json, lies: { clock: -600 } }));
report('from-future', await send('POST', '/v1/deposits', { json, lies: { clock: 600 } }));
report('unknown-key', await send('POST', '/v1/deposits', { json, lies: { key: keyOf(randomBytes(32)) } }));
const nonce = randomBytes(18).toString('base64url');
const announced = await send('POST', '/v1/deposits', { json, lies: { nonce } });
report('announced', announced);
report('replayed', await send('POST', '/v1/deposits', { json, lies: { nonce } }));
const lie = { ...json, opening: { ...json.opening, salt: hex(randomBytes(32)) } };
report('other-opening', await send('POST', '/v1/deposits', { json: lie }));

const path = `/v1/deposits/${announced.body.record}/content`;
report('other-bytes', await send('PUT', path, { bytes: randomBytes(5000) }));
report('too-few', await send('PUT', path, { bytes: content.subarray(0, 4999) }));
report('too-many', await send('PUT', path, { bytes: Buffer.concat([content, Buffer.from([0])]) }));
const state = await send('GET', `/v1/deposits/${announced.body.record}`);
report(`state-${state.body.state}`, state);
report('right-bytes', await send('PUT', path, { bytes: content }));
