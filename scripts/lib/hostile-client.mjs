// Usage: node scripts/lib/hostile-client.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//
// Talks to a vault as no honest client would, and prints what each attempt gets, one line each: `NAME STATUS CODE`. It
// signs its requests by docs/protocol.md alone, without any of Ward's code.

import { randomBytes } from 'node:crypto';
import { announcement, given, send as sendAs } from './deposit.mjs';
import { hex, keyOf } from './signed-request.mjs';

const who = given();
const send = (...request) => sendAs(who, ...request);
const report = (name, { status, code }) => console.log(`${name} ${status} ${code}`);
const content = randomBytes(5000);
const json = announcement(who.author, content);

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
