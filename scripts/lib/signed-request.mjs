// Requests to a vault, signed by docs/protocol.md alone, without any of Ward's code.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';

export const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
export const unhex = (text) => Buffer.from(text.slice(2), 'hex');

/** An Ed25519 key from its seed. */
export function keyOf(seed) {
	const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
	const secret = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
	const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
	return { secret, id: hex(spki.subarray(-32)) };
}

/** The headers of a request to the vault of `center`; `path` with its query, as it goes over the wire. What `lies` names is other than it should be. */
export function signedHeaders({ center, genesis, key }, method, path, body, lies = {}) {
	const now = Math.floor(Date.now() / 1000) + (lies.clock ?? 0);
	const { secret, id } = lies.key ?? key;
	const fields = {
		'ward-vault': String(lies.center ?? center),
		'ward-genesis': lies.genesis ?? genesis,
		'ward-purpose': 'TREAT',
	};
	if (body) fields['content-digest'] = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
	const covered = ['@method', '@path', '@query', ...(body ? ['content-digest'] : []), 'ward-vault', 'ward-genesis', 'ward-purpose'];
	const [bare, query = ''] = path.split(/\?(.*)/s);
	const value = { '@method': method, '@path': bare, '@query': `?${query}`, ...fields };
	const nonce = lies.nonce ?? randomBytes(18).toString('base64url');
	const parameters =
		`(${covered.map((name) => `"${name}"`).join(' ')});created=${now};expires=${now + (lies.lifetime ?? 30)}` +
		`;nonce="${nonce}";alg="ed25519";keyid="${id}";tag="ward-request/v1"`;
	const base = [...covered.map((name) => `"${name}": ${value[name]}`), `"@signature-params": ${parameters}`].join('\n');
	const signature = sign(null, Buffer.from(lies.signs ?? base), secret).toString('base64');
	return { ...fields, 'signature-input': `ward=${parameters}`, signature: `ward=:${signature}:` };
}
