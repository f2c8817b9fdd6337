// Usage: node scripts/lib/hostile-paths.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//          --record FILE --operator URL
//
// Puts odd text into every part of every address that a vault has, unsigned and signed, and compares the answers with
// docs/protocol.md. FILE holds a record that the author may read: whatever reads as its address, and nothing else, is
// answered with it. Prints how many requests were answered how, and each answer that is not in order; ends with 1 if
// there is one.

import { readFileSync } from 'node:fs';
import { blake3, given, send } from './deposit.mjs';
import { codeOf, each, exchange, head } from './raw-http.mjs';
import { hex, signedHeaders } from './signed-request.mjs';

const who = given('record', 'operator');
const { id, content } = JSON.parse(readFileSync(who.record, 'utf8'));
const bytes = Buffer.from(content, 'base64').toString('latin1');
const root = hex(blake3(Buffer.from(content, 'base64')));
const port = Number(new URL(who.vault).port);
const operator = Number(new URL(who.operator).port);

const REFUSALS = { 400: ['malformed-request'], 401: ['signature-missing', 'signature-invalid'], 403: ['access-denied'], 404: ['not-found', 'sealing-key-unknown'] };
/** What the HTTP library says of what is no HTTP, before the vault sees it. */
const NO_HTTP = [400, 414, 431, 501, 505];

const ODD = [
	'..', '.', '...', '%2e', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '../../../../etc/passwd', '..%2f..%2f..%2fetc%2fpasswd',
	'%2e%2e%2f%2e%2e%2fvault.redb', '..%5c..%5ckeys', '..\\..\\keys', '%2f', '%2F', '%2fetc%2fpasswd', '%5c', '%00', '%00.json', 'x%00',
	'%252e%252e%252f', '%25%32%65', '%c0%ae%c0%ae', '%c0%ae%c0%ae%c0%af', '%c0%af', '%e0%80%af', '%f0%80%80%af', '%ff', '%fe%ff', '%ed%a0%80',
	'%u002e%u002e', '%', '%2', '%zz', '%0d%0aX-Injected:%20yes', '%0a', '%09', '%20', '+', ';', ';x=1', ',', '*', '~root', '$HOME', '{record}', '%7brecord%7d',
	':', '@', '|', '<script>', "'", '"', '`id`', '0x', '0X', '-1', '\u00ff\u00fe', '\u00c3\u00a4', '', '/', '//', 'x'.repeat(300), '%41'.repeat(300),
];

const ROUTES = [
	['GET', '/v1/vault'], ['POST', '/v1/deposits'], ['GET', `/v1/deposits/${id}`], ['PUT', `/v1/deposits/${id}/content`],
	['GET', `/v1/records/${id}`], ['GET', `/v1/records/${id}/content`], ['POST', `/v1/records/${id}/release`],
	['GET', `/v1/sealing-keys/${id}`], ['PUT', `/v1/sealing-keys/${id}`], ['GET', '/v1/log'],
];
const OPERATOR = ['/livez', '/readyz', '/metrics', '/openapi.json'].map((path) => ['GET', path]);

/** The path with something odd instead of, before, and behind each of its parts. */
function oddities(path) {
	const parts = path.split('/').slice(1);
	const made = new Set();
	for (const at of parts.keys()) {
		for (const odd of ODD) {
			for (const part of [odd, odd + parts[at], parts[at] + odd]) made.add(`/${parts.with(at, part).join('/')}`);
		}
	}
	made.delete(path);
	return [...made];
}

const answers = new Map();
let bad = 0;
function complain(what, answer) {
	bad += 1;
	if (bad <= 20) console.log(`NOT IN ORDER ${what}: ${answer.status} ${JSON.stringify(answer.body.slice(0, 200))}`);
}

/** Whether a refusal is one that the protocol has, and says nothing else. */
function isRefusal(answer) {
	if (NO_HTTP.includes(answer.status) && answer.body === '' && !('x-request-id' in answer.headers)) return true;
	return REFUSALS[answer.status]?.includes(codeOf(answer)) && !('x-injected' in answer.headers);
}

async function ask(to, method, path, signs) {
	const body = method === 'GET' ? undefined : '{}';
	const fields = signs ? signedHeaders(who, method, path, method === 'POST' || path.includes('sealing') ? body : undefined) : {};
	if (body) fields['content-length'] = body.length;
	const request = head(`${method} ${path} HTTP/1.1`, { ...fields, connection: 'close' });
	const answer = await exchange(to, [Buffer.from(request + (body ?? ''), 'latin1')], 10_000);
	const kind = `${signs ? 'signed' : 'unsigned'} ${answer.status} ${codeOf(answer)}`;
	answers.set(kind, (answers.get(kind) ?? 0) + 1);
	return answer;
}

const odd = [
	...ROUTES.flatMap(([method, path]) => oddities(path).map((path) => [port, method, path])),
	...OPERATOR.flatMap(([method, path]) => oddities(path).map((path) => [operator, method, path])),
	// The public address has none of the operator's.
	...OPERATOR.map(([method, path]) => [port, method, path]),
	...ROUTES.map(([method, path]) => [operator, method, path]),
];
await each(odd, async ([to, method, path]) => {
	for (const signs of [false, true]) {
		const answer = await ask(to, method, path, signs);
		if (!isRefusal(answer) || answer.body.includes(bytes.slice(0, 50))) complain(`${method} ${path}`, answer);
	}
});

// What reads as the same address is the same.
const same = [id.toUpperCase().replace('0X', '0x'), id.replace('0x', '%30x'), id.replace('0x', '0%78'), `${id}?x=..%2f..%2f`, `${id}?`];
for (const text of same) {
	const answer = await ask(port, 'GET', `/v1/records/${text}`, true);
	if (answer.status !== 200 || JSON.parse(answer.body).row.content.content_root !== root) complain(text, answer);
	const unsigned = await ask(port, 'GET', `/v1/records/${text}`, false);
	if (codeOf(unsigned) !== 'signature-missing') complain(text, unsigned);
}
const whole = await ask(port, 'GET', `/v1/records/${id}/content`, true);
if (whole.status !== 200 || whole.body !== bytes) complain('the content', whole);
for (const line of ['GET http://vault/v1/vault HTTP/1.1', 'GET http://other.example:1/v1/vault HTTP/1.1', 'GET /v1/vault?..%2f=%00&&& HTTP/1.1']) {
	const answer = await exchange(port, [head(line, { connection: 'close' })]);
	if (answer.status !== 200 || JSON.parse(answer.body).participant !== Number(who.center)) complain(line, answer);
}

// Queries of the one address that has one.
const log = `/v1/log?patient=${who.author}`;
const queries = [`${log}&patient=${who.author}`, `${log}&from=0&from=0`, `${log}&x=1`, `${log}&from=-1`, `${log}&from=99999999999999999999`, `${log}&limit=x`,
	`${log}%00`, '/v1/log?patient=%ff', '/v1/log?patient=', '/v1/log', '/v1/log?patient[]=1', `/v1/log?patient=${who.author}.0`, `/v1/log?patient=0x${who.author}`];
for (const path of queries) {
	const answer = await ask(port, 'GET', path, true);
	if (codeOf(answer) !== 'malformed-request') complain(path, answer);
}
for (const path of [log, `${log}&from=18446744073709551615`, `${log}&limit=0`, `${log}&limit=99999999`, log.replace(/=(.)/, '=%3$1')]) {
	const answer = await ask(port, 'GET', path, true);
	if (answer.status !== 200 || JSON.parse(answer.body).entries.length > 500) complain(path, answer);
}

// Requests that are none, or of a kind that a vault does not know.
const lines = ['OPTIONS * HTTP/1.1', 'CONNECT vault:443 HTTP/1.1', 'TRACE /v1/vault HTTP/1.1', 'DELETE /v1/vault HTTP/1.1', 'PATCH /v1/deposits HTTP/1.1',
	'get /v1/vault HTTP/1.1', `${'X'.repeat(5000)} /v1/vault HTTP/1.1`, 'GET /v1/vault', 'GET  /v1/vault HTTP/1.1', 'GET /v1/va ult HTTP/1.1', 'GET\t/v1/vault HTTP/1.1',
	'GET /v1/vault HTTP/2.0', 'GET /v1/vault HTTP/9.9', 'GET v1/vault HTTP/1.1', 'GET ../v1/vault HTTP/1.1', 'GET file:///etc/passwd HTTP/1.1', 'GET //etc/passwd HTTP/1.1',
	'GET \0 HTTP/1.1', 'GET /v1/vault\0 HTTP/1.1', '\0\0\0\0', '\x16\x03\x01\x02\x00', 'GET http://[::1/v1/vault HTTP/1.1', 'GET http:// HTTP/1.1'];
for (const line of lines) {
	const answer = await exchange(port, [Buffer.from(head(line, { connection: 'close' }), 'latin1')], 15_000);
	if (!isRefusal(answer) && answer.status !== 'broken') complain(JSON.stringify(line.slice(0, 60)), answer);
}

const next = await send(who, 'GET', `/v1/records/${id}`);
if (next.status !== 200) complain('the next correct request', { status: next.status, body: next.code });
for (const [kind, count] of [...answers].sort()) console.log(count, kind);
process.exitCode = bad === 0 ? 0 : 1;
