/** The web API: which request gets which answer. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { HttpError, readBody, send, wholeNumber } from './http.js';
import { quote } from './price.js';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_SLOW_MS = 10_000;
const MAX_QUANTITY = 1_000_000;
const ID = /^[a-z0-9-]{1,63}$/;
const PROBES = new Set(['/health', '/ready']);

/**
 * Make the request listener.
 *
 * @param {object} app
 * @param {Readonly<object>} app.config The configuration.
 * @param {object} app.log The log.
 * @param {import('./store.js').FileStore} app.notes What must outlive the pod.
 * @param {import('./store.js').FileStore} app.cache What may go with the pod.
 * @param {import('./drain.js').InFlight} app.inFlight The requests being answered.
 * @returns {import('node:http').RequestListener} The listener.
 */
export function createApp(app) {
  return async (request, response) => {
    const started = performance.now();
    app.inFlight.add(response);
    response.setHeader('x-app-version', app.config.version);
    const url = urlOf(request);
    const answer = await answerTo(app, request, url);
    if (app.inFlight.isDraining) response.setHeader('connection', 'close');
    send(response, answer);
    logRequest(app.log, request, url, answer, performance.now() - started);
  };
}

const ROUTES = [
  [/^\/health$/, { GET: health }],
  [/^\/ready$/, { GET: ready }],
  [/^\/version$/, { GET: version }],
  [/^\/price$/, { GET: price }],
  [/^\/slow$/, { GET: slow }],
  [/^\/(notes|cache)$/, { GET: listTexts }],
  [/^\/(notes|cache)\/([^/]+)$/, { GET: readText, PUT: writeText }],
];

async function answerTo(app, request, url) {
  try {
    const { route, params } = find(request.method, url.pathname);
    return await route(app, request, { params, query: url.searchParams });
  } catch (error) {
    if (error instanceof HttpError) {
      return { status: error.status, headers: error.headers, body: { error: error.message } };
    }
    app.log.error('request failed', { path: url.pathname, error: String(error) });
    return { status: 500, body: { error: 'internal error' } };
  }
}

function find(method, path) {
  for (const [pattern, methods] of ROUTES) {
    const match = pattern.exec(path);
    if (!match) continue;
    if (Object.hasOwn(methods, method)) return { route: methods[method], params: match.slice(1) };
    const allow = Object.keys(methods).join(', ');
    throw new HttpError(405, `${method} is not allowed here`, { allow });
  }
  throw new HttpError(404, `there is no ${path}`);
}

/** Liveness: an answer at all is the proof. What the process depends on is readiness's business. */
function health() {
  return { body: { status: 'ok' } };
}

async function ready({ inFlight, notes, config }) {
  if (inFlight.isDraining) throw new HttpError(503, 'draining');
  try {
    await notes.verifyWritable();
  } catch (error) {
    throw new HttpError(503, `data directory ${config.dataDir} is not writable: ${error.code ?? error.message}`);
  }
  return { body: { status: 'ready' } };
}

function version({ config }) {
  return { body: { version: config.version, pod: hostname() } };
}

function price({ config }, request, { query }) {
  const quantity = wholeNumber(query, 'quantity', { min: 1, max: MAX_QUANTITY });
  return { body: { ...quote(quantity, config), version: config.version } };
}

async function slow(app, request, { query }) {
  const ms = wholeNumber(query, 'ms', { min: 0, max: MAX_SLOW_MS });
  await delay(ms);
  return { body: { waited_ms: ms } };
}

async function listTexts(app, request, { params: [collection] }) {
  return { body: { ids: await app[collection].list() } };
}

async function readText(app, request, { params: [collection, id] }) {
  const text = await app[collection].get(valid(id));
  if (text === null) throw new HttpError(404, `there is no ${id} in ${collection}`);
  return { body: text };
}

async function writeText(app, request, { params: [collection, id] }) {
  const body = await readBody(request, MAX_BODY_BYTES);
  authorise(request, app.config.apiKey);
  const isNew = await app[collection].put(valid(id), body);
  app.log.debug('stored', { collection, id, bytes: body.length });
  return { status: isNew ? 201 : 200, body: { id, bytes: body.length } };
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

function logRequest(log, request, url, { status = 200 }, ms) {
  // A probe that succeeds comes every second and says nothing.
  if (PROBES.has(url.pathname) && status === 200) return;
  const level = status >= 500 ? 'warn' : 'info';
  log[level]('request', { method: request.method, path: url.pathname, status, ms: Math.round(ms) });
}
