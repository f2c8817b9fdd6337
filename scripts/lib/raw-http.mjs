// HTTP/1.1 as bytes, for requests that no library would send.

import { connect } from 'node:net';

/** What comes back for `pieces`: bytes, or numbers of milliseconds to wait. `broken` if nothing does. */
export function exchange(port, pieces, patience = 30_000) {
	return new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1', noDelay: true });
		let read = Buffer.alloc(0);
		let timer = setTimeout(() => end('silent'), patience);
		const end = (otherwise) => {
			clearTimeout(timer);
			timer = undefined;
			socket.destroy();
			resolve(parse(read) ?? { status: otherwise, headers: {}, body: '' });
		};
		socket.on('data', (bytes) => {
			read = Buffer.concat([read, bytes]);
			const answer = parse(read);
			if (answer?.complete) end();
		});
		socket.on('close', () => timer && end('broken'));
		socket.on('error', () => timer && end('broken'));
		socket.on('connect', async () => {
			for (const piece of pieces) {
				if (!timer) return;
				if (typeof piece === 'number') await new Promise((wake) => setTimeout(wake, piece));
				else socket.write(piece);
			}
		});
	});
}

function parse(read) {
	const text = read.toString('latin1');
	const end = text.indexOf('\r\n\r\n');
	const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(text)?.[1]);
	if (end < 0 || !status) return undefined;
	const fields = text.slice(0, end).split('\r\n').slice(1).map((line) => line.split(/: ?(.*)/s));
	const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
	const body = text.slice(end + 4);
	const complete = body.length >= Number(headers['content-length'] ?? 0);
	return { status, headers, body, complete };
}

/** The code of an answer: that of its problem document, `ok`, or none for what is not from the vault itself. */
export function codeOf({ status, headers, body }) {
	if (headers['content-type'] === 'application/problem+json') return JSON.parse(body).type.split(':').at(-1);
	return status >= 200 && status < 300 ? 'ok' : 'none';
}

/** The header of a request. */
export const head = (line, fields = {}) =>
	`${line}\r\nHost: vault\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

/** Does `work` for each item, sixteen at once. */
export async function each(items, work) {
	const rest = items.entries();
	const worker = async () => {
		for (const [index, item] of rest) await work(item, index);
	};
	await Promise.all(Array.from({ length: 16 }, worker));
}
