/** An error with an answer for the client: HTTP status, and Kubo's code (1: the request is wrong, 0: it could not be done). */
export class RequestError extends Error {
	constructor(status, message, { code = status < 500 ? 1 : 0, ...options } = {}) {
		super(message, options);
		this.status = status;
		this.code = code;
	}
}

/** The content is not here, and cannot be had. Kubo answers its RPC with 500, a gateway answers 404 or 504. */
export class ContentError extends RequestError {
	constructor(message, { gatewayStatus = 404, ...options } = {}) {
		super(500, message, options);
		this.gatewayStatus = gatewayStatus;
	}
}

/** The daemon cannot start; the message tells a person what to do. */
export class StartError extends Error {}

/** A flag or variable makes no sense. */
export class UsageError extends Error {}

export const badRequest = (message, options) => new RequestError(400, message, options);

/** Kubo's shape of an error. */
export const errorBody = (error) => ({ Message: error.message, Code: error.code === 1 ? 1 : 0, Type: 'error' });
