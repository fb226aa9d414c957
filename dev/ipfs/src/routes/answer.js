/** Answers with one JSON object on a line, as Kubo does. */
export function answer(res, body) {
	const bytes = Buffer.from(JSON.stringify(body) + '\n');
	res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length }).end(bytes);
}
