// Deposits in a vault, made by docs/protocol.md alone, without any of Ward's code. What they hold is random.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { hex, keyOf, signedHeaders, unhex } from './signed-request.mjs';

// Node.js has neither BLAKE3 nor BLAKE2b with 32 bytes; scripts/setup installs them with @polkadot/api.
const require = createRequire(new URL('../../polkadot-js/check.mjs', import.meta.url));
const { blake2AsU8a } = require('@polkadot/util-crypto');
export const { blake3 } = createRequire(require.resolve('@polkadot/util-crypto'))('@noble/hashes/blake3');

/** The command line: these options, each with a value. `vault`, `genesis`, `center`, `author` and `seed-file` are always taken. */
export function given(...more) {
	const names = ['vault', 'genesis', 'center', 'author', 'seed-file', ...more];
	const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
	const key = keyOf(unhex(readFileSync(values['seed-file'], 'latin1').trim()));
	return { ...values, author: Number(values.author), key };
}

/** Sends a signed request, and reads the answer. What `lies` names is other than it should be. */
export async function send(who, method, path, { json, bytes, lies } = {}) {
	const body = typeof json === 'object' ? JSON.stringify(json) : (json ?? bytes);
	const headers = signedHeaders(who, method, path, json && body, lies);
	if (json) headers['content-type'] = 'application/json';
	const answer = await fetch(who.vault + path, { method, headers, body });
	const text = await answer.text();
	const parsed = text === '' ? {} : JSON.parse(text);
	return { status: answer.status, body: parsed, code: (parsed.type ?? 'ok').split(':').at(-1) };
}

/** A data key for one recipient, which nobody can open. */
export const wrap = (recipient) => ({ recipient, suite: 'XWing', sealed: randomBytes(1168).toString('base64') });

/** An announcement of `content` by `author` about `patient`, for the eyes of the two only. */
export function announcement(author, content, patient = author) {
	const salt = randomBytes(32);
	// SCALE: salt, categories u16, sensitivity u8, no period.
	const attributes = Buffer.concat([Buffer.from('ward/attributes/v1\0'), salt, Buffer.from([0, 2, 0, 0])]);
	return {
		content: {
			patient,
			author,
			commitment: hex(randomBytes(32)),
			attributes: hex(blake2AsU8a(attributes, 256)),
			content_root: hex(blake3(content)),
			size: content.length,
		},
		opening: { salt: hex(salt), attributes: { categories: 512, sensitivity: 'normal', period: null } },
		wraps: [...new Set([patient, author])].map(wrap),
		patientOnly: true,
	};
}
