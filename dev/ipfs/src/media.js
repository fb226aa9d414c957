import { fileTypeFromBuffer } from 'file-type';

// Enough for every signature that file-type knows, and for a whole manifest.
const SAMPLE = 256 * 1024;
const MARKUP = new Set(['application/xml', 'image/svg+xml', 'text/html']);

/** Content type and disposition of a file, from its bytes and the name that the client wants for it. */
export async function describe(file, searchParams) {
	const headers = { 'Content-Type': await typeOf(file) };
	// Content of all origins shares this address: markup must not run as a page of it.
	if (MARKUP.has(headers['Content-Type'])) headers['Content-Security-Policy'] = 'sandbox';
	const name = searchParams.get('filename');
	const download = searchParams.get('download') === 'true';
	if (name || download) {
		headers['Content-Disposition'] = (download ? 'attachment' : 'inline') + (name ? `; filename*=UTF-8''${escapeName(name)}` : '');
	}
	return headers;
}

async function typeOf(file) {
	const sample = await head(file);
	const known = await fileTypeFromBuffer(sample);
	if (known !== undefined) return known.mime;
	const text = decodeText(sample, sample.length < file.size);
	if (text === undefined) return 'application/octet-stream';
	return sample.length === file.size && isJson(text) ? 'application/json' : 'text/plain; charset=utf-8';
}

async function head(file) {
	const parts = [];
	for await (const part of file.read(0, Math.min(file.size, SAMPLE))) parts.push(part);
	return Buffer.concat(parts);
}

function decodeText(sample, truncated) {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: truncated });
		return /[\0-\x08\x0e-\x1f]/.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}

function isJson(text) {
	if (!/^\s*[{[]/.test(text)) return false;
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

const escapeName = (name) => encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
