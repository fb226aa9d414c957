/** The value of a metric with these labels, whatever others it has, on a port of this machine; none if it is not there. */
export async function metric(port, name, labels = {}) {
	const text = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(30_000) }).then((answer) => answer.text());
	const values = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)]
		.filter(([, each, has = '']) => each === name && Object.entries(labels).every(([label, value]) => `,${has},`.includes(`,${label}="${value}",`)))
		.map(([, , , value]) => Number(value));
	if (values.length > 1) throw new Error(`${values.length} series ${name} ${JSON.stringify(labels)}`);
	return values[0];
}
