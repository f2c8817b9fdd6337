// Usage: node scripts/lib/hostile-custody.mjs --vault URL --genesis HASH --center N --author N --seed-file FILE
//          --other-vault URL --other N --record FILE
//
// Asks the vault of OTHER for the record in FILE, which is in the first vault, and uploads to it what was announced to the
// first one. Prints what each attempt gets, one line each: `NAME STATUS CODE`.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { announcement, given, send } from './deposit.mjs';

const who = given('other-vault', 'other', 'record');
const elsewhere = { ...who, vault: who['other-vault'], center: who.other };
const { id } = JSON.parse(readFileSync(who.record, 'utf8'));
const report = (name, { status, code }) => console.log(name, status, code);

report('facts-of-another-vault', await send(elsewhere, 'GET', `/v1/records/${id}`));
report('content-of-another-vault', await send(elsewhere, 'GET', `/v1/records/${id}/content`));
report('deposit-at-another-vault', await send(elsewhere, 'GET', `/v1/deposits/${id}`));
const content = randomBytes(1000);
const { body } = await send(who, 'POST', '/v1/deposits', { json: announcement(who.author, content) });
const path = `/v1/deposits/${body.record}/content`;
report('upload-to-another-vault', await send(elsewhere, 'PUT', path, { bytes: content }));
report('signed-for-another-vault', await send({ ...who, vault: elsewhere.vault }, 'PUT', path, { bytes: content }));
report('upload-to-the-right-one', await send(who, 'PUT', path, { bytes: content }));
