// Usage: node polkadot-js/check.mjs --url WS_URL --seed-file FILE
//
// Looks at a Ward chain the way polkadot.js apps does: with @polkadot/api and nothing but the chain's own metadata, no
// custom types and no description of transaction extensions.
//
//   storage   every item of every pallet is decoded, and encodes to the same bytes again
//   blocks    so is every extrinsic and every event, from the first block on
//   docs      every call, event, error, constant, storage item, view function and runtime API method of Ward's own has
//             its sentence
//   call      a signed call is included and finalized without an error: a center asks a patient for access
//
// WS_URL is a node that keeps the state of all blocks. FILE holds the Ed25519 seed of a medical center's key with the act
// role: 32 bytes, or 64 hexadecimal digits. Ends with code 0 if all checks passed, 1 if some failed, 2 if it could not
// check.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { hexToU8a, u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const OWN_PALLETS = ['Participants', 'Records', 'Consent', 'Quota', 'Authorities', 'Receipts', 'Governance'];
const OWN_API = 'WardApi';
/** The most entries of one map that are looked at. */
const ENTRIES = 1000;
const PAGE = 250;
const CONNECT_MS = 30_000;
const FINALITY_MS = 120_000;
/** Bits of a grant's actions and purposes, see docs/protocol.md. */
const READ = 1;
const TREAT = 1;

let passed = 0;
let failed = 0;

/** Counts one check; `test` throws or returns a text that says what is wrong. */
async function check(what, test) {
	let problem;
	try {
		problem = await test();
	} catch (error) {
		problem = error.message;
	}
	if (problem) {
		failed += 1;
		console.log(`FAILED ${what}: ${problem}`);
	} else {
		passed += 1;
	}
}

/** Ends the program: nothing could be checked. */
function stop(cause, remedy) {
	console.error(`polkadot-js: ${cause}\n  what to do: ${remedy}`);
	process.exit(2);
}

function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} took more than ${ms / 1000} s`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function readSeed(path) {
	let bytes;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		stop(`the seed file cannot be read (${error.code})`, 'check the path given with --seed-file');
	}
	if (bytes.length === 32) return bytes;
	const digits = bytes.toString('latin1').trim().replace(/^0x/, '');
	if (!/^[0-9a-fA-F]{64}$/.test(digits)) {
		stop('the seed file holds no seed', 'it must be 32 bytes or 64 hexadecimal digits');
	}
	return hexToU8a(`0x${digits}`);
}

async function connect(url) {
	const provider = new WsProvider(url, 1000);
	const api = new ApiPromise({ provider, noInitWarn: true });
	try {
		await within(CONNECT_MS, 'the connection', api.isReadyOrError);
	} catch (error) {
		stop(`no chain at ${url}: ${error.message}`, 'start a node, and give its WebSocket address with --url');
	}
	return { api, provider };
}

/** The first keys of a storage item: its one key if it is no map. */
async function keysOf(provider, entry, at) {
	if (entry.creator.meta.type.isPlain) return [entry.key()];
	const keys = [];
	const prefix = entry.keyPrefix();
	while (keys.length < ENTRIES) {
		const page = await provider.send('state_getKeysPaged', [prefix, PAGE, keys.at(-1) ?? null, at]);
		keys.push(...page);
		if (page.length < PAGE) break;
	}
	return keys;
}

async function checkStorage(api, provider) {
	const at = (await api.rpc.chain.getFinalizedHead()).toHex();
	let items = 0;
	let values = 0;
	for (const [pallet, entries] of Object.entries(api.query)) {
		for (const [name, entry] of Object.entries(entries)) {
			// `substrate` holds well-known keys that are no pallet's.
			if (pallet === 'substrate' || !entry.creator) continue;
			items += 1;
			await check(`storage ${pallet}.${name}`, async () => {
				for (const key of await keysOf(provider, entry, at)) {
					const raw = await provider.send('state_getStorage', [key, at]);
					if (raw === null) continue;
					const storageKey = api.registry.createType('StorageKey', key);
					storageKey.setMeta(entry.creator.meta, pallet, name);
					storageKey.args.forEach((part) => part.toHuman());
					const { type } = entry.creator.meta;
					const id = type.isPlain ? type.asPlain : type.asMap.value;
					const value = api.registry.createTypeUnsafe(api.registry.createLookupType(id), [hexToU8a(raw)]);
					value.toHuman();
					if (u8aToHex(value.toU8a()) !== raw) return `the value at ${key} decodes to something else`;
					values += 1;
				}
				return undefined;
			});
		}
	}
	console.log(`storage: ${values} values of ${items} items`);
}

/** What people see of an extrinsic. Not by its own `toHuman`, which insists on a tip, and Ward has no token. */
function describe(extrinsic) {
	const signed = extrinsic.isSigned ? [extrinsic.signer, extrinsic.era, extrinsic.nonce] : [];
	return [extrinsic.method, ...signed].map((part) => part.toHuman());
}

/** The bytes of an extrinsic. The library's outer class writes the head of a general transaction twice. */
function encoded(extrinsic) {
	return (extrinsic.isGeneral() ? extrinsic.inner : extrinsic).toHex();
}

async function checkBlocks(api, provider) {
	const head = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
	const last = head.number.toNumber();
	const eventsKey = api.query.system.events.key();
	let extrinsics = 0;
	let events = 0;
	for (let number = 0; number <= last; number += 1) {
		await check(`block ${number}`, async () => {
			const hash = await api.rpc.chain.getBlockHash(number);
			const send = (method, ...args) => provider.send(method, args);
			const written = (await send('chain_getBlock', hash.toHex())).block.extrinsics;
			for (const hex of written) {
				const extrinsic = api.registry.createType('Extrinsic', hex);
				describe(extrinsic);
				if (encoded(extrinsic) !== hex) return `an extrinsic decodes to something else: ${hex}`;
				extrinsics += 1;
			}
			const raw = await send('state_getStorage', eventsKey, hash.toHex());
			const records = api.registry.createType('Vec<EventRecord>', hexToU8a(raw ?? '0x00'));
			records.toHuman();
			if (raw !== null && u8aToHex(records.toU8a()) !== raw) return 'its events decode to something else';
			events += records.length;
			return undefined;
		});
	}
	console.log(`blocks: ${extrinsics} extrinsics and ${events} events in ${last + 1} blocks`);
}

async function checkDocs(api) {
	const before = passed + failed;
	const metadata = api.runtimeMetadata.asLatest;
	const documented = (what, docs) =>
		check(`docs ${what}`, () => (docs.join('').trim() === '' ? 'there is no sentence for people' : undefined));
	const variants = (type) => api.registry.lookup.getSiType(type).def.asVariant.variants;

	for (const name of OWN_PALLETS) {
		const pallet = metadata.pallets.find((has) => has.name.toString() === name);
		await check(`pallet ${name}`, () => (pallet ? undefined : 'the chain does not have it'));
		if (!pallet) continue;
		for (const kind of ['calls', 'events', 'errors']) {
			if (pallet[kind].isNone) continue;
			for (const variant of variants(pallet[kind].unwrap().type)) {
				await documented(`${name}.${variant.name} (${kind})`, variant.docs);
			}
		}
		for (const constant of pallet.constants) {
			await documented(`${name}.${constant.name} (constants)`, constant.docs);
		}
		for (const item of pallet.storage.isSome ? pallet.storage.unwrap().items : []) {
			await documented(`${name}.${item.name} (storage)`, item.docs);
		}
		for (const view of pallet.viewFunctions ?? []) {
			await documented(`${name}.${view.name} (view functions)`, view.docs);
		}
	}
	const runtimeApi = metadata.apis.find((has) => has.name.toString() === OWN_API);
	await check(`runtime API ${OWN_API}`, () => (runtimeApi ? undefined : 'the chain does not have it'));
	for (const method of runtimeApi?.methods ?? []) {
		await documented(`${OWN_API}.${method.name} (runtime API)`, method.docs);
	}
	console.log(`docs: ${passed + failed - before} items of Ward's own`);
}

async function checkCall(api, seed) {
	await cryptoWaitReady();
	const signer = new Keyring({ type: 'ed25519' }).addFromSeed(seed);
	await check('call consent.request', async () => {
		const participants = await api.query.participants.participants.entries();
		const patient = participants.find(([, row]) => row.unwrap().role.isPatient)?.[0].args[0];
		if (!patient) return 'the chain has no patient to ask';
		const terms = { actions: READ, purposes: TREAT, scope: {}, exceptions: [], sensitivity: 'Normal', redisclosure: false };
		const call = api.tx.consent.request(patient, terms, null);
		const result = await within(
			FINALITY_MS,
			'finality',
			new Promise((resolve, reject) => {
				call.signAndSend(signer, (update) => {
					if (update.status.isFinalized) resolve(update);
					else if (update.isError) reject(new Error(`the pool says: ${update.status.type}`));
				}).catch(reject);
			}),
		);
		if (result.dispatchError) {
			const error = result.dispatchError;
			if (!error.isModule) return error.toString();
			const { section, name, docs } = api.registry.findMetaError(error.asModule);
			return `${section}.${name}: ${docs.join(' ')}`;
		}
		const seen = result.events.some(({ event }) => api.events.consent.Requested.is(event));
		if (!seen) return 'its event is missing';
		console.log(`call: consent.request to patient ${patient} by ${signer.address} in ${result.status.asFinalized.toHex()}`);
		return undefined;
	});
}

function readArguments() {
	const usage = () => readFileSync(new URL(import.meta.url), 'utf8').match(/^(?:\/\/.*\n)+/)[0].replace(/^\/\/ ?/gm, '');
	let values;
	try {
		({ values } = parseArgs({
			options: { url: { type: 'string' }, 'seed-file': { type: 'string' }, help: { type: 'boolean' } },
		}));
	} catch (error) {
		stop(error.message, 'see --help');
	}
	if (values.help) {
		process.stdout.write(usage());
		process.exit(0);
	}
	if (!values.url || !values['seed-file']) stop('--url and --seed-file are needed', 'see --help');
	return { url: values.url, seed: readSeed(values['seed-file']) };
}

const { url, seed } = readArguments();
const { api, provider } = await connect(url);
await checkStorage(api, provider);
await checkBlocks(api, provider);
await checkDocs(api);
await checkCall(api, seed);
await api.disconnect();
console.log(`polkadot-js: ${passed} checks passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
