/** The small vocabulary of requests and answers that the routes speak. */

/** A request that cannot be served, and the status that says so. */
export class HttpError extends Error {
  /**
   * @param {number} status The HTTP status.
   * @param {string} reason One sentence for the client.
   * @param {Record<string, string>} headers Further headers of the answer.
   */
  constructor(status, reason, headers = {}) {
    super(reason);
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Read a request's body.
 *
 * @param {import('node:http').IncomingMessage} request The request.
 * @param {number} maxBytes The longest body that is accepted.
 * @returns {Promise<Buffer>} The body.
 * @throws {HttpError} 413 if it is longer.
 */
export async function readBody(request, maxBytes) {
  const chunks = [];
  let bytes = 0;
  // Read to the end even when it is too long, keeping nothing: leaving the loop would destroy the connection and
  // with it the answer.
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) throw new HttpError(413, `the body has more than ${maxBytes} bytes`);
  return Buffer.concat(chunks);
}

/**
 * Read a whole number from the query.
 *
 * @param {URLSearchParams} query The query.
 * @param {string} name The parameter.
 * @param {{min: number, max: number, fallback?: number}} range What is accepted, and what holds where it is missing.
 * @returns {number} The number.
 * @throws {HttpError} 400 if it is missing and has no fallback, not a whole number, or out of range.
 */
export function wholeNumber(query, name, { min, max, fallback }) {
  const text = query.get(name) ?? String(fallback ?? '');
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new HttpError(400, `${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/**
 * Send an answer: a text as it is, anything else as JSON.
 *
 * @param {import('node:http').ServerResponse} response Where to.
 * @param {{status?: number, headers?: Record<string, string>, body: unknown}} answer What.
 */
export function send(response, { status = 200, headers = {}, body }) {
  const isText = Buffer.isBuffer(body);
  const content = isText ? body : Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': content.length,
    ...headers,
  });
  response.end(content);
}
