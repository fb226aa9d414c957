// Everything that a person meets in Apps or in generated bindings is explained: calls and their
// arguments, events and their fields, errors, storage, constants.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from './lib/chain.mjs';
import { startNode } from './lib/node.mjs';

const PALLETS = ['Listings', 'Licensing', 'Inference', 'Reputation', 'Feedback', 'Delivery'];
let node;
let api;
before(async () => {
	node = await startNode();
	api = await connect(node.url);
});
after(async () => {
	await api?.disconnect();
	await node?.stop();
});

// Words that say nothing that a name does not.
const EMPTY = new Set('a an and are be been by for has have in is it its of on or that the this to was were with which'.split(' '));
const words = (text) => (text.toLowerCase().match(/[a-z0-9^]+/g) ?? []);
const stem = (word) => word.replace(/(ies|es|s|ed|d|ing)$/, '');

/** Why a documentation is none, if so. */
export function emptiness(name, docs) {
	const text = docs.join(' ').replace(/[`*_]/g, '').trim();
	if (!text) return 'is not documented';
	const known = new Set(words(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')).map(stem));
	const says = words(text).filter((word) => !EMPTY.has(word) && !known.has(stem(word)));
	return says.length === 0 ? `only repeats its name: "${text}"` : undefined;
}

const lines = (docs) => docs.map((line) => line.toString());
const pallet = (name) => api.registry.metadata.pallets.find((each) => each.name.toString() === name);
const variants = (id) => api.registry.lookup.getSiType(id).def.asVariant.variants;

test('a documentation that is missing or repeats the name is found', () => {
	assert.match(emptiness('UnknownListing', []), /not documented/);
	assert.match(emptiness('SoldOut', ['Sold out.']), /repeats/);
	assert.match(emptiness('listing', ['The listing.']), /repeats/);
	assert.match(emptiness('VersionRemoved', ['A version was removed.']), /repeats/);
	assert.equal(emptiness('SoldOut', ['Every licence that this offer may sell is sold.']), undefined);
	assert.equal(emptiness('listing', ['Number of the listing.']), undefined);
});

for (const name of PALLETS) {
	test(`${name}: every call and argument is explained`, () => {
		const problems = [];
		for (const call of variants(pallet(name).calls.unwrap().type)) {
			const docs = lines(call.docs);
			// Apps shows the first line alone.
			const first = emptiness(call.name.toString(), [docs[0] ?? '']);
			if (first) problems.push(`${call.name}: its first line ${first}`);
			for (const field of call.fields) {
				const argument = field.name.unwrap().toString();
				const at = docs.findIndex((line) => line.trim().startsWith(`- \`${argument}\``));
				const rest = docs.slice(at + 1);
				const end = rest.findIndex((line) => line.trim() === '' || line.trim().startsWith('- '));
				const text = at < 0 ? [] : [docs[at].replace(/^\s*- `\w+`:?/, ''), ...rest.slice(0, end < 0 ? rest.length : end)];
				const why = emptiness(argument, text);
				if (why) problems.push(`${call.name}: argument ${argument} ${why}`);
			}
		}
		assert.deepEqual(problems, []);
	});

	test(`${name}: every event and field is explained`, () => {
		const problems = [];
		for (const event of variants(pallet(name).events.unwrap().type)) {
			const why = emptiness(event.name.toString(), lines(event.docs));
			if (why) problems.push(`${event.name} ${why}`);
			for (const field of event.fields) {
				if (field.name.isNone) problems.push(`${event.name}: a field has no name`);
				else {
					const lack = emptiness(field.name.unwrap().toString(), lines(field.docs));
					if (lack) problems.push(`${event.name}: field ${field.name.unwrap()} ${lack}`);
				}
			}
		}
		assert.deepEqual(problems, []);
	});

	test(`${name}: every error is explained`, () => {
		const problems = [];
		for (const error of variants(pallet(name).errors.unwrap().type)) {
			const why = emptiness(error.name.toString(), lines(error.docs));
			if (why) problems.push(`${error.name} ${why}`);
		}
		assert.deepEqual(problems, []);
	});

	test(`${name}: every storage item and constant is explained`, () => {
		const problems = [];
		for (const item of [...pallet(name).storage.unwrap().items, ...pallet(name).constants]) {
			const why = emptiness(item.name.toString(), lines(item.docs));
			if (why) problems.push(`${item.name} ${why}`);
		}
		assert.deepEqual(problems, []);
	});
}
