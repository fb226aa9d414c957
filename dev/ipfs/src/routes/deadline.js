import { ContentError } from '../errors.js';

/** The signal of a request with its `timeout` option, in ms, if it has one. */
export function deadline(signal, timeout) {
	if (timeout === undefined) return signal;
	const limit = new AbortController();
	setTimeout(() => limit.abort(new ContentError(`context deadline exceeded after ${timeout} ms`)), timeout).unref();
	return AbortSignal.any([signal, limit.signal]);
}
