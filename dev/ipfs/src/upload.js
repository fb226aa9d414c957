import Busboy from '@fastify/busboy';
import { RequestError, badRequest } from './errors.js';

const MAX_FILES = 1000;

/**
 * Streams the files of a multipart body, one after the other, into `store(name, content)` and returns when all are
 * stored. A body that ends early, is malformed or too large makes both the current `content` and this function throw.
 */
export async function receiveFiles(req, { maxBytes, signal }, store) {
	const announced = Number(req.headers['content-length'] ?? 0);
	if (announced > maxBytes) throw tooLarge(maxBytes);
	const form = openForm(req);
	return new Promise((resolve, reject) => {
		let received = 0;
		let count = 0;
		let current;
		let storing = Promise.resolve();
		const fail = (error) => {
			signal.removeEventListener('abort', gone);
			req.unpipe(form);
			current?.destroy(error);
			form.removeAllListeners('file');
			reject(error);
		};
		const gone = () => fail(signal.reason);
		signal.addEventListener('abort', gone);
		req.on('data', (chunk) => {
			received += chunk.length;
			if (received > maxBytes) fail(tooLarge(maxBytes));
		});
		form.on('file', (field, content, name, encoding, type) => {
			count += 1;
			// An error is told by `fail`; without a listener it would end the process.
			content.on('error', () => {});
			current = content;
			if (type === 'application/x-directory' || type === 'application/symlink') {
				fail(badRequest('directories and links cannot be added: add the files one by one'));
				return;
			}
			storing = storing.then(() => store(decodeName(name), content));
			storing.catch(fail);
		});
		form.on('filesLimit', () => fail(badRequest(`more than ${MAX_FILES} files in one request`)));
		form.on('error', (error) => fail(badRequest(`malformed multipart body: ${error.message}`, { cause: error })));
		form.on('finish', () => {
			if (count === 0) fail(badRequest('file argument "path" is required: the multipart body holds no file'));
			storing.then(() => {
				signal.removeEventListener('abort', gone);
				resolve();
			}, () => {});
		});
		req.pipe(form);
	});
}

function openForm(req) {
	try {
		return new Busboy({ headers: req.headers, preservePath: true, isPartAFile: () => true, limits: { files: MAX_FILES, headerPairs: 32, headerSize: 16 * 1024 } });
	} catch (error) {
		throw badRequest(`the body must be multipart/form-data: ${error.message}`, { cause: error });
	}
}

// Kubo's clients escape file names; others send them as they are.
function decodeName(name = '') {
	try {
		return decodeURIComponent(name.replaceAll('+', ' '));
	} catch {
		return name;
	}
}

const tooLarge = (maxBytes) => new RequestError(413, `the body is larger than ${maxBytes} bytes, the limit that --max-upload sets`);
