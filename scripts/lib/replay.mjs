// Usage: node scripts/lib/replay.mjs --vault URL --genesis HASH --center N --seed-file FILE --request FILE [--again]
//
// Signs a request to a vault, keeps it in FILE, sends it, and prints what it gets: `STATUS CODE`, or `broken` if the
// connection breaks. With --again it sends what is in FILE, bit for bit.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keyOf, signedHeaders, unhex } from './signed-request.mjs';

const names = ['vault', 'genesis', 'center', 'seed-file', 'request'];
const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
const { values: given } = parseArgs({ options: { ...options, again: { type: 'boolean' } } });

// A deposit that there is not: a vault that works on the request answers 403 access-denied.
const path = `/v1/deposits/0x${'00'.repeat(32)}`;
if (!given.again) {
	const key = keyOf(unhex(readFileSync(given['seed-file'], 'latin1').trim()));
	const headers = signedHeaders({ ...given, key }, 'GET', path, undefined, { lifetime: 60 });
	writeFileSync(given.request, JSON.stringify(headers));
}
const headers = JSON.parse(readFileSync(given.request, 'utf8'));
try {
	const answer = await fetch(given.vault + path, { headers });
	const text = await answer.text();
	console.log(answer.status, (text === '' ? 'ok' : (JSON.parse(text).type ?? 'ok')).split(':').at(-1));
} catch {
	console.log('broken');
}
