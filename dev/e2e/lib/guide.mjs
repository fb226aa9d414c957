// Replays a guide. The fenced blocks of the document are the script, so a guide that no longer
// works fails its test:
//   sh       is run by bash, in one folder for the whole guide
//   output   is what the block before it printed
//   call     is an extrinsic as it is filled in by hand: account, call, one line per field
//   refused  is the error with which the chain refused the call before it
//   read     is a runtime call, or a storage item, filled in the same way
//   shows    are fields of what the block before it answered (or of the event that the call emitted)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { alice, bob, charlie, dave, eve, ferdie, submit } from './chain.mjs';
import { run } from './process.mjs';

const people = { Alice: alice, Bob: bob, Charlie: charlie, Dave: dave, Eve: eve, Ferdie: ferdie };

/** The fenced blocks of a document in order, each with its section and line. */
export function blocks(path) {
	const found = [];
	let section = '';
	let open;
	readFileSync(path, 'utf8').split('\n').forEach((text, index) => {
		if (open) {
			if (text.trim() === '```') {
				found.push({ ...open, text: open.lines.join('\n') });
				open = undefined;
			} else {
				open.lines.push(text);
			}
		} else if (text.startsWith('```')) {
			open = { kind: text.slice(3).trim(), section, line: index + 1, lines: [] };
		} else if (text.startsWith('## ')) {
			section = text.slice(3).trim();
		}
	});
	assert.equal(open, undefined, `${path}: a block is never closed`);
	return found;
}

/** `key   value` lines; a value may be empty or hold spaces. */
function fields(text) {
	return text.split('\n').filter((line) => line.trim()).map((line) => {
		const [, key, value] = /^(\S+)\s*(.*)$/.exec(line);
		return [key, value.trim()];
	});
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** What a field of the form becomes: a name of an account, an enum with a number, or the text as pasted. */
function typed(value) {
	if (people[value]) return people[value].address;
	if (value === 'None') return null;
	if (value === 'empty list') return [];
	const variant = /^([A-Z]\w*) (\d+)$/.exec(value);
	return variant ? { [variant[1]]: variant[2] } : value;
}

/** Puts `parents[0].royalty` and the like where they belong. */
function place(into, key, value) {
	const steps = key.split(/[.[\]]+/).filter(Boolean).map((step) => (/^\d+$/.test(step) ? Number(step) : camel(step)));
	let at = into;
	steps.forEach((step, index) => {
		if (index === steps.length - 1) at[step] = value;
		else at = at[step] ??= typeof steps[index + 1] === 'number' ? [] : {};
	});
}

function form(text) {
	const values = {};
	for (const [key, value] of fields(text)) place(values, key, typed(value));
	return values;
}

/** Polkadot.js writes struct fields as the chain does in one place and in camel case in another. */
function named(meta, values, where) {
	const args = meta.map((each) => camel(each.toString()));
	const given = Object.keys(values);
	assert.deepEqual([...given].sort(), [...args].sort(), `${where}: the form has other fields than the call`);
	return args.map((name) => values[name]);
}

const plain = (value) => String(value).replace(/(?<=\d),(?=\d{3})/g, '');
function lookUp(human, key) {
	return key.split(/[.[\]]+/).filter(Boolean).reduce((at, step) => at?.[step] ?? at?.[camel(step)] ?? at?.[step.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)], human);
}

/** Replays `path`, or only the sections for which `only` says yes. Calls `after` for each call. */
export async function replay(path, { api, cwd, replace = {}, only = () => true, after = () => {} }) {
	let printed;
	let answer;
	let last;
	let count = 0;
	for (const block of blocks(path).filter(({ section }) => only(section))) {
		const where = `${path.split('/').at(-1)}:${block.line}`;
		const text = Object.entries(replace).reduce((all, [from, to]) => all.replaceAll(from, to), block.text);
		count += 1;
		if (last?.error && block.kind !== 'refused') throw new Error(`${where}: the call before was refused: ${last.error.message}`);
		switch (block.kind) {
			case 'sh': {
				const result = await run('bash', ['-e', '-o', 'pipefail', '-c', `${text}\npwd > "$GUIDE_CWD"`], { cwd: cwd.now, env: { GUIDE_CWD: cwd.file } });
				assert.equal(result.code, 0, `${where}: ${result.stderr}`);
				printed = result.stdout;
				// A `cd` in the guide holds for the blocks after it, as in a terminal.
				cwd.now = readFileSync(cwd.file, 'utf8').trim();
				last = undefined;
				break;
			}
			case 'output':
				assert.equal(printed.trimEnd(), text.trimEnd(), `${where}: the command printed something else`);
				break;
			case 'call': {
				const { account, call, ...values } = form(text);
				const [section, method] = call.split('.');
				const tx = api.tx[section]?.[method];
				assert.ok(tx, `${where}: no call ${call}`);
				const signer = Object.values(people).find(({ address }) => address === account);
				assert.ok(signer, `${where}: the block names no account`);
				last = await submit(api, tx(...named(tx.meta.args.map(({ name }) => name), values, where)), signer);
				answer = Object.assign({}, ...last.events.filter((each) => ['listings', 'licensing', 'delivery'].includes(each.section)).map((each) => each.data.toHuman()));
				await after(call, last, signer);
				break;
			}
			case 'refused': {
				const [[name]] = fields(text);
				assert.equal(last?.error?.error, name, `${where}: ${last?.error ? last.error.message : 'the call was not refused'}`);
				assert.ok(last.error.docs.length > 10, `${where}: the error explains nothing`);
				last = undefined;
				break;
			}
			case 'read': {
				const { call, storage, ...values } = form(text);
				const [section, method] = (call ?? storage).split('.');
				const known = call ? api.call[section]?.[method] : api.query[section]?.[method];
				assert.ok(known, `${where}: no ${call ?? storage}`);
				const given = call ? named(known.meta.params.map(({ name }) => name), values, where) : Object.values(values);
				answer = (await known(...given)).toHuman();
				last = undefined;
				break;
			}
			case 'shows':
				for (const [key, value] of fields(text)) {
					const seen = key === '(value)' ? answer : lookUp(answer, key);
					const expected = typed(value);
					if (expected === null || Array.isArray(expected)) assert.deepEqual(seen, expected, `${where}: ${key}`);
					else assert.equal(plain(typeof seen === 'object' ? JSON.stringify(seen) : seen), plain(people[value] ? expected : value), `${where}: ${key} of ${JSON.stringify(answer)}`);
				}
				break;
			default:
				throw new Error(`${where}: a block of kind "${block.kind}"; the replay knows sh, output, call, refused, read, shows`);
		}
	}
	if (last?.error) throw last.error;
	return count;
}
