// Usage: node scripts/lib/hostile-ranges.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE --record FILE
//
// Asks for ranges of the content of the record in FILE, and compares what comes with that content. Prints what each gets,
// one line each: `RANGE STATUS BYTES`, with `wrong` behind it if the bytes are not those that were asked for.

import { readFileSync } from 'node:fs';
import { given } from './deposit.mjs';
import { exchange, head } from './raw-http.mjs';
import { signedHeaders } from './signed-request.mjs';

const who = given('record');
const { id, content } = JSON.parse(readFileSync(who.record, 'utf8'));
const bytes = Buffer.from(content, 'base64').toString('latin1');
const path = `/v1/records/${id}/content`;
const huge = '99999999999999999999';
const ranges = [
	'bytes=0-0', 'bytes=0-99', 'bytes=4999-', 'bytes=4999-4999', 'bytes=4999-5000', 'bytes=-1', 'bytes=-5000', 'bytes=-5001', 'bytes=0-', `bytes=10-${huge}`, `bytes=-${huge}`,
	'bytes=5000-', 'bytes=5000-6000', 'bytes=-0', `bytes=${huge}-`, 'bytes=18446744073709551615-', 'bytes=9-0', 'bytes=-', 'bytes=', 'bytes=a-b', 'bytes=+1-2', 'bytes=1--2', 'bytes=0x1-2', 'bytes=1.5-2',
	'bytes=0-1,4-5', `bytes=${'0-1,'.repeat(2000)}0-1`, 'lines=0-1', '0-1', '', `bytes=${'9'.repeat(50_000)}-`, 'bytes=\u00e4-1',
];
for (const range of ranges) {
	const fields = { ...signedHeaders(who, 'GET', path), range, connection: 'close' };
	const { status, headers, body } = await exchange(Number(new URL(who.vault).port), [Buffer.from(head(`GET ${path} HTTP/1.1`, fields), 'latin1')]);
	const [, start, end] = /^bytes (\d+)-(\d+)\/5000$/.exec(headers['content-range'] ?? 'bytes 0-4999/5000') ?? [];
	const right = status === 416 ? headers['content-range'] === 'bytes */5000' : body === bytes.slice(Number(start), Number(end) + 1);
	console.log(range.length > 30 ? `${range.slice(0, 30)}…` : range || 'none', status, status === 416 ? 0 : body.length, ...(right ? [] : ['wrong']));
}
