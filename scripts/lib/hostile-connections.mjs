// Usage: node scripts/lib/hostile-connections.mjs --plain PORT --tls PORT --count N
//
// Opens N connections that ask for nothing: to a plain vault silent ones, and ones that break off in the first word, in a
// header, and behind the preface of HTTP/2; to a vault with TLS silent ones, and halves of a handshake. Prints `open N`
// when all are there, and when the vaults have ended all of them, how many and after how many seconds: `ended N SECONDS`.

import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values: given } = parseArgs({ options: { plain: text, tls: text, count: text } });
const [plain, tls, count] = [given.plain, given.tls, given.count].map(Number);
// The begin of a ClientHello that announces 512 bytes.
const HELLO = Buffer.from('1603010200010001fc0303', 'hex');
const beginnings = [
	[plain, ''],
	[plain, 'PRI'],
	[plain, 'GET /v1/vault HTTP/1.1\r\nHost: vault\r\nX-Half: '],
	[plain, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
	[tls, ''],
	[tls, HELLO],
];

const started = Date.now();
let [open, failed, ended, lastEnd] = [0, 0, 0, started];
await new Promise((done) => {
	for (let at = 0; at < count; at += 1) {
		const [port, beginning] = beginnings[at % beginnings.length];
		const socket = connect({ port, host: '127.0.0.1' });
		let isOpen = false;
		socket.on('connect', () => {
			isOpen = true;
			open += 1;
			if (beginning.length > 0) socket.write(beginning);
			if (open + failed === count) console.log('open', open);
		});
		socket.on('error', () => {});
		socket.on('data', () => {});
		socket.on('close', () => {
			if (isOpen) ended += 1;
			else failed += 1;
			lastEnd = Date.now();
			if (ended + failed === count) done();
		});
	}
});
console.log('ended', ended, Math.ceil((lastEnd - started) / 1000));
