// What the demo prints. Colours only where somebody looks.
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = paint(1);
const dim = paint(2);
const green = paint(32);
const red = paint(31);

/** An amount of plancks as WGH, exactly. */
export function wgh(plancks) {
	const digits = BigInt(plancks).toString().padStart(13, '0');
	const fraction = digits.slice(-12).replace(/0+$/, '');
	return `${digits.slice(0, -12)}${fraction ? `.${fraction}` : ''} WGH`;
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`);

export class Show {
	#number = 0;
	#steps;

	/** `steps` is how many will be shown. */
	constructor(steps) {
		this.#steps = steps;
	}

	plain(text) {
		process.stdout.write(`${text}\n`);
	}

	title(text) {
		this.plain(`\n${bold(text)}`);
	}

	begin(name, title) {
		this.#number += 1;
		this.title(`${this.#number}/${this.#steps} ${name.padEnd(8)} ${title}`);
	}

	command(words) {
		this.plain(dim(`    $ ${words.map(quoted).join(' ')}`));
	}

	fact(name, text) {
		this.plain(`    ${name.padEnd(9)} ${text}`);
	}

	/** Rows in columns that line up; the first is the heading. */
	table(rows) {
		const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
		rows.forEach((row, index) => {
			const line = row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
			this.plain(`    ${index === 0 ? dim(line) : line}`);
		});
	}

	note(text) {
		this.plain(dim(`    ${text}`));
	}

	end({ ok, seconds }) {
		this.plain(`    ${ok ? green('ok') : red('failed')} ${dim(`${seconds} s`)}`);
	}

	failed(text) {
		this.plain(`\n${red('The demo stopped:')} ${text}`);
	}

	finished(summary, seconds, file) {
		this.plain(`\n${green('Every step held')} (${summary.map((step) => step.name).join(' ')}) in ${Math.round(seconds)} s. Record: ${file}`);
	}

	running(services) {
		const { asked, workers = [] } = services;
		const more = asked ? [`weighhouse --suri //Dave ask ${asked}@1 --input ${services.question} --mode quorum3`, `weighhouse work estimate ${asked}`] : [];
		more.push(...workers.map(({ name, url, gateway }) => `${name}: its node ${url}, its gateway ${gateway}/metrics`));
		this.plain(`
${bold('Everything keeps running. See it for yourself:')}
    https://polkadot.js.org/apps/?rpc=${services.url}#/explorer
        (with a browser that refuses loopback addresses from there, see docs/guides/buyers-apps.md)
    export WEIGHHOUSE_URL=${services.url} WEIGHHOUSE_IPFS=${services.ipfs} PATH="${services.programs}:$PATH"
    weighhouse search
    weighhouse show 2
    weighhouse account //Bob
${more.map((line) => `    ${line}\n`).join('')}
Ctrl-C ends it all.`);
	}
}
