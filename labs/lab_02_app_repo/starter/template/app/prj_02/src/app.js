/** The web API: which request gets which answer. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { HttpError, readBody, send, wholeNumber } from './http.js';
import { quote } from './price.js';
import { ReadingsUnavailable } from './readings.js';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_SLOW_MS = 10_000;
const MAX_QUANTITY = 1_000_000;
const ID = /^[a-z0-9-]{1,63}$/;
const SENSOR = /^[^\p{C}]{1,200}$/u; // PostgreSQL refuses a NUL in a text
const MAX_READINGS = 1000;
const RETRY_SECONDS = 5;
const POLLED = new Set(['/health', '/ready', '/metrics']);

/**
 * Make the request listener.
 *
 * @param {object} app
 * @param {Readonly<object>} app.config The configuration.
 * @param {object} app.log The log.
 * @param {import('./store.js').FileStore} app.notes What must outlive the pod.
 * @param {import('./store.js').FileStore} app.cache What may go with the pod.
 * @param {import('./readings.js').Readings | null} app.readings What prj-01 collected; null where no database is configured.
 * @param {import('./metrics.js').Metrics} app.metrics What is counted of each request.
 * @param {import('./drain.js').InFlight} app.inFlight The requests being answered.
 * @returns {import('node:http').RequestListener} The listener.
 */
export function createApp(app) {
  return async (request, response) => {
    const started = performance.now();
    app.inFlight.add(response);
    response.setHeader('x-app-version', app.config.version);
    const url = urlOf(request);
    const { route, params } = find(url.pathname);
    const answer = await answerTo(app, request, { route, params, url });
    if (app.inFlight.isDraining) response.setHeader('connection', 'close');
    send(response, answer);
    const seconds = (performance.now() - started) / 1000;
    const { status = 200 } = answer;
    app.metrics.observe({ method: request.method, route: route?.path ?? 'none', status }, seconds);
    logRequest(app.log, { method: request.method, path: url.pathname, status, ms: Math.round(seconds * 1000) });
  };
}

const ROUTES = [
  ['/health', { GET: health }],
  ['/ready', { GET: ready }],
  ['/version', { GET: version }],
  ['/metrics', { GET: metrics }],
  ['/price', { GET: price }],
  ['/slow', { GET: slow }],
  ['/readings', { GET: latestReadings }],
  ['/readings/minutes', { GET: minutesOfReadings }],
  ['/notes', { GET: listTexts('notes') }],
  ['/notes/:id', { GET: readText('notes'), PUT: writeText('notes') }],
  ['/cache', { GET: listTexts('cache') }],
  ['/cache/:id', { GET: readText('cache'), PUT: writeText('cache') }],
].map(([path, methods]) => ({ path, methods, pattern: new RegExp(`^${path.replace(':id', '([^/]+)')}$`) }));

function find(path) {
  for (const route of ROUTES) {
    const match = route.pattern.exec(path);
    if (match) return { route, params: match.slice(1) };
  }
  return {};
}

async function answerTo(app, request, { route, params, url }) {
  try {
    if (!route) throw new HttpError(404, `there is no ${url.pathname}`);
    const answerer = methodOf(route, request.method);
    return await answerer(app, request, { params, query: url.searchParams });
  } catch (error) {
    if (error instanceof HttpError) {
      return { status: error.status, headers: error.headers, body: { error: error.message } };
    }
    app.log.error('request failed', { path: url.pathname, error: String(error) });
    return { status: 500, body: { error: 'internal error' } };
  }
}

function methodOf({ methods }, method) {
  if (Object.hasOwn(methods, method)) return methods[method];
  throw new HttpError(405, `${method} is not allowed here`, { allow: Object.keys(methods).join(', ') });
}

/** Liveness: an answer at all is the proof. What the process depends on is readiness's business. */
function health() {
  return { body: { status: 'ok' } };
}

async function ready() {
  return { body: { status: 'ready' } };
}

function version({ config }) {
  return { body: { version: config.version, pod: hostname() } };
}

function price({ config, metrics: figures }, request, { query }) {
  const quantity = wholeNumber(query, 'quantity', { min: 1, max: MAX_QUANTITY });
  const answer = quote(quantity, config);
  figures.countQuote(answer);
  return { body: { ...answer, version: config.version } };
}

async function slow(app, request, { query }) {
  const ms = wholeNumber(query, 'ms', { min: 0, max: MAX_SLOW_MS });
  await delay(ms);
  return { body: { waited_ms: ms } };
}

async function metrics(app) {
  const { type, text } = await app.metrics.render();
  return { headers: { 'content-type': type }, body: Buffer.from(text) };
}

async function latestReadings(app, request, { query }) {
  const { sensor, limit } = selection(app, query);
  return { body: { sensor, readings: await read(app, (readings) => readings.latest(sensor, limit)) } };
}

async function minutesOfReadings(app, request, { query }) {
  const { sensor, limit } = selection(app, query);
  return { body: { sensor, minutes: await read(app, (readings) => readings.minutes(sensor, limit)) } };
}

function selection({ readings }, query) {
  // Not 503, which asks for another try: here there will be none until somebody configures it.
  if (readings === null) throw new HttpError(404, 'there are no readings here: DATABASE_URL is not set');
  const sensor = query.get('sensor') ?? '';
  if (!SENSOR.test(sensor)) throw new HttpError(400, 'sensor must be a name of 1 to 200 printable characters');
  return { sensor, limit: wholeNumber(query, 'limit', { min: 1, max: MAX_READINGS, fallback: 100 }) };
}

async function read({ readings, log }, query) {
  try {
    return await query(readings);
  } catch (error) {
    if (!(error instanceof ReadingsUnavailable)) throw error;
    const { code, message } = error.cause;
    log.error('readings unavailable', { reason: error.message, code, error: message });
    throw new HttpError(503, `no readings now: ${error.message}`, { 'retry-after': String(RETRY_SECONDS) });
  }
}

function listTexts(collection) {
  return async (app) => ({ body: { ids: await app[collection].list() } });
}

function readText(collection) {
  return async (app, request, { params: [id] }) => {
    const text = await app[collection].get(valid(id));
    if (text === null) throw new HttpError(404, `there is no ${id} in ${collection}`);
    return { body: text };
  };
}

function writeText(collection) {
  return async (app, request, { params: [id] }) => {
    const body = await readBody(request, MAX_BODY_BYTES);
    authorise(request, app.config.apiKey);
    const isNew = await app[collection].put(valid(id), body);
    app.log.debug('stored', { collection, id, bytes: body.length });
    return { status: isNew ? 201 : 200, body: { id, bytes: body.length } };
  };
}

function valid(id) {
  if (!ID.test(id)) throw new HttpError(400, 'an id has 1 to 63 of the characters a-z, 0-9 and -');
  return id;
}

function authorise(request, apiKey) {
  if (apiKey === undefined) return;
  // Digests have one length, so that comparing them takes one time, whatever was sent.
  const digest = (text) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(request.headers['x-api-key'] ?? ''), digest(apiKey))) {
    throw new HttpError(401, 'the header x-api-key is missing or wrong');
  }
}

function urlOf(request) {
  // Only the path and the query are used; a target that is no path becomes one that no route has.
  return new URL(URL.canParse(request.url, 'http://app') ? request.url : '/invalid', 'http://app');
}

function logRequest(log, request) {
  // A probe or a scrape that succeeds comes every few seconds and says nothing.
  if (POLLED.has(request.path) && request.status === 200) return;
  log[request.status >= 500 ? 'warn' : 'info']('request', request);
}
