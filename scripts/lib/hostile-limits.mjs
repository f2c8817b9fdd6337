// Usage: node scripts/lib/hostile-limits.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//
// Goes up to each limit of a vault, and over it. The vault was started with --max-json-bytes 8192 --max-upload-bytes
// 20000 --staging-bytes 30000 --staging-deposits 3 --concurrent-uploads 2 --min-upload-bytes-per-second 2500
// --header-timeout 2 --idle-timeout 2, and holds nothing of the author. Prints what each attempt gets, one line each:
// `NAME STATUS CODE`; the code is `none` where the HTTP library answers, before the vault sees anything.

import { randomBytes } from 'node:crypto';
import { announcement, given, send } from './deposit.mjs';
import { codeOf, exchange, head } from './raw-http.mjs';
import { signedHeaders } from './signed-request.mjs';

const who = given();
const port = Number(new URL(who.vault).port);
const JSON_BYTES = 8192;
const UPLOAD_BYTES = 20_000;
const DEPOSITS = '/v1/deposits';
const UNKNOWN = `0x${'00'.repeat(32)}`;

const report = (name, { status, code }) => console.log(name, status, code);
async function raw(pieces) {
	const answer = await exchange(port, pieces);
	return { status: answer.status, code: codeOf(answer) };
}
/** Like `raw`, with a signed header; fields replace those of an honest request. */
function signed(method, path, body, fields, pieces) {
	const all = { ...signedHeaders(who, method, path, body), connection: 'close', ...fields };
	return raw([head(`${method} ${path} HTTP/1.1`, all), ...pieces]);
}
const padded = (json, length) => JSON.stringify(json).padEnd(length);
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = { 'transfer-encoding': 'chunked' };

// JSON, on each of the routes that take it.
const contents = [5_000, UPLOAD_BYTES, 5_000].map((length) => randomBytes(length));
const [first, second, third] = contents.map((content) => announcement(who.author, content));
const key = { suite: 'XWing', sealingKey: randomBytes(1216).toString('base64') };
const release = `/v1/records/${UNKNOWN}/release`;
const lodging = `/v1/sealing-keys/${UNKNOWN}`;
const bodies = [['deposits', 'POST', DEPOSITS, first], ['release', 'POST', release, key], ['sealing-keys', 'PUT', lodging, { ...key, participant: who.author }]];
for (const [name, method, path, body] of bodies) {
	report(`${name}-json-at-limit`, await send(who, method, path, { json: padded(body, JSON_BYTES) }));
	report(`${name}-json-over-limit`, await send(who, method, path, { json: padded(body, JSON_BYTES + 1) }));
	report(`${name}-json-over-limit-in-chunks`, await signed(method, path, padded(body, JSON_BYTES + 1), chunked, [chunk(padded(body, JSON_BYTES + 1)), '0\r\n\r\n']));
}
const text = JSON.stringify(first);
const bad = {
	empty: '', 'no-json': 'x', 'cut-off': text.slice(0, -1), 'more-behind': `${text}{}`, 'with-mark': `\ufeff${text}`, 'with-nul': `${text}\0`,
	'member-twice': text.replace('{', '{"patientOnly":true,'), 'member-unknown': text.replace('{', '{"x":1,'), 'member-missing': text.replace(',"patientOnly":true', '').replace('"wraps"', '"wrap"'),
	'deep-list': '['.repeat(4000) + ']'.repeat(4000), 'deep-object': '{"content":'.repeat(600) + '1' + '}'.repeat(600), 'deep-127': `{"content":${'['.repeat(126)}${']'.repeat(126)}}`,
	'number-negative': text.replace('"size":5000', '"size":-1'), 'number-fraction': text.replace('"size":5000', '"size":5000.5'), 'number-huge': text.replace('"size":5000', '"size":18446744073709551616'),
	'number-infinite': text.replace('"size":5000', '"size":1e999'), 'number-as-text': text.replace('"size":5000', '"size":"5000"'),
	'hex-short': text.replace(/"salt":"0x../, '"salt":"0x'), 'hex-odd': text.replace(/"salt":"0x../, '"salt":"0xzz'), 'no-base64': text.replace('"sealed":"', '"sealed":"!'),
	'wraps-none': JSON.stringify({ ...first, wraps: [] }), 'wraps-twice': JSON.stringify({ ...first, wraps: [first.wraps[0], first.wraps[0]] }),
	'wraps-nine': JSON.stringify({ ...first, wraps: Array.from({ length: 9 }, (_, recipient) => ({ recipient, suite: 'XWing', sealed: '' })) }),
	'wraps-hundreds': JSON.stringify({ ...first, wraps: Array.from({ length: 150 }, (_, recipient) => ({ recipient, suite: 'XWing', sealed: '' })) }),
	'wrap-short': JSON.stringify({ ...first, wraps: [{ ...first.wraps[0], sealed: 'AAAA' }] }), 'suite-unknown': text.replace('XWing', 'Rot13'),
	'categories-none': text.replace('"categories":512', '"categories":0'), 'categories-unknown': text.replace('"categories":512', '"categories":65535'),
	'period-reversed': text.replace('"period":null', '"period":{"start":2,"end":1}'),
};
for (const [name, json] of Object.entries(bad)) report(`json-${name}`, await signed('POST', DEPOSITS, json || ' ', { 'content-length': Buffer.byteLength(json) || 1 }, [json || ' ']));

// Lengths that lie, and bodies without an end.
const [unsigned, half] = [{ 'content-length': text.length }, text.slice(0, 1000)];
report('unsigned-without-body', await raw([head(`POST ${DEPOSITS} HTTP/1.1`, unsigned)]));
report('length-too-long', await signed('POST', DEPOSITS, text, { 'content-length': text.length + 1 }, [text]));
report('length-too-short', await signed('POST', DEPOSITS, text, { 'content-length': text.length - 1 }, [text]));
const lengths = { negative: '-1', 'with-a-plus': '+5', 'with-an-exponent': '1e3', hexadecimal: '0x10', 'two-words': '5 6', 'a-list': '5, 6', 'a-word': 'five', 'over-64-bits': '18446744073709551616' };
for (const [name, length] of Object.entries(lengths)) {
	report(`length-${name}`, await raw([head(`POST ${DEPOSITS} HTTP/1.1`, { 'content-length': length }), text]));
}
report('two-lengths', await raw([head(`POST ${DEPOSITS} HTTP/1.1`, { 'content-length': '5', 'Content-length': '6' }), text]));
report('length-of-gibibytes', await signed('POST', DEPOSITS, text, { 'content-length': 2 ** 40 }, []));
report('chunks-without-end', await signed('POST', DEPOSITS, text, chunked, [chunk(half), ...Array.from({ length: 20 }, () => [300, chunk(' ')]).flat()]));
report('chunk-of-no-number', await signed('POST', DEPOSITS, text, chunked, ['zz\r\nab\r\n']));
report('chunk-of-exbibytes', await signed('POST', DEPOSITS, text, chunked, ['fffffffffffffffff\r\nab\r\n']));

// Header fields and addresses.
const many = (count) => Object.fromEntries(Array.from({ length: count - 2 }, (_, at) => [`x-${at}`, 'x']));
const vault = (fields, query = '') => raw([head(`GET /v1/vault${query} HTTP/1.1`, { connection: 'close', ...fields })]);
report('fields-at-limit', await vault(many(100)));
report('fields-over-limit', await vault(many(101)));
report('header-of-400-kB', await vault({ x: 'x'.repeat(400_000) }));
report('header-of-1-MB', await vault({ x: 'x'.repeat(1_000_000) }));
report('address-at-limit', await vault({}, `?${'x'.repeat(65_534 - '/v1/vault?'.length)}`));
report('address-over-limit', await vault({}, `?${'x'.repeat(65_535 - '/v1/vault?'.length)}`));
report('nonce-too-short', await send(who, 'GET', `${DEPOSITS}/${UNKNOWN}`, { lies: { nonce: 'x'.repeat(15) } }));
report('nonce-at-limit', await send(who, 'GET', `${DEPOSITS}/${UNKNOWN}`, { lies: { nonce: 'x'.repeat(64) } }));
report('nonce-too-long', await send(who, 'GET', `${DEPOSITS}/${UNKNOWN}`, { lies: { nonce: 'x'.repeat(65) } }));
report('lifetime-at-limit', await send(who, 'GET', `${DEPOSITS}/${UNKNOWN}`, { lies: { lifetime: 60 } }));
report('lifetime-over-limit', await send(who, 'GET', `${DEPOSITS}/${UNKNOWN}`, { lies: { lifetime: 61 } }));

// What one author may have in staging. The first one is announced already.
const announce = (json) => send(who, 'POST', DEPOSITS, { json });
const sized = (json, size) => ({ ...json, content: { ...json.content, size } });
report('content-over-limit', await announce(sized(second, UPLOAD_BYTES + 1)));
report('content-at-limit', await announce(second));
report('staged-bytes-over-limit', await announce(sized(third, 5_001)));
report('staged-bytes-at-limit', await announce(third));
report('staged-deposits-over-limit', await announce(sized(announcement(who.author, randomBytes(1)), 0)));
report('announced-again', await announce(third));

// Uploads.
const records = [];
for (const json of [first, second, third]) records.push((await announce(json)).body.record);
const uploads = records.map((record) => `${DEPOSITS}/${record}/content`);
const upload = (at, fields, pieces) => signed('PUT', uploads[at], undefined, fields, pieces);
const put = (at) => send(who, 'PUT', uploads[at], { bytes: contents[at] });
report('upload-without-length', await upload(0, chunked, [chunk('ab'), '0\r\n\r\n']));
report('upload-of-another-length', await upload(0, { 'content-length': 4_999 }, [contents[0]]));
report('upload-stands-still', await upload(0, { 'content-length': contents[0].length }, [contents[0].subarray(0, 100)]));
const trickle = (at) => upload(at, { 'content-length': contents[at].length }, Array.from({ length: 20 }, (_, n) => [contents[at].subarray(n, n + 1), 500]).flat());
const trickles = [1, 2].map(trickle);
await new Promise((wake) => setTimeout(wake, 200));
report('upload-beside-two-others', await put(0));
for (const answer of trickles) report('upload-trickles', await answer);
for (const at of [0, 1, 2]) {
	// `exchange` gives up, and closes the connection.
	const fields = { ...signedHeaders(who, 'PUT', uploads[at]), 'content-length': contents[at].length };
	await exchange(port, [head(`PUT ${uploads[at]} HTTP/1.1`, fields), contents[at].subarray(0, 3000)], 300);
	report('upload-abandoned', { status: 'unanswered', code: 'none' });
}
for (const at of [0, 1, 2]) report('upload-after-that', await put(at));
report('upload-again', await put(0));
