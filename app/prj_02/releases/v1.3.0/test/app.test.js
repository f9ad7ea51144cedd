import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';

import { serve } from './support/service.js';

async function json(url, init) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test('healthy, ready, and says its version on every answer', async (t) => {
  const { base } = await serve(t);
  for (const path of ['/health', '/ready', '/version', '/nowhere']) {
    const response = await fetch(base + path);
    assert.equal(response.status, path === '/nowhere' ? 404 : 200);
    assert.equal(response.headers.get('x-app-version'), 'v9.9.9');
    await response.body.cancel();
  }
  assert.equal((await json(`${base}/version`)).body.version, 'v9.9.9');
});

test('without its data directory it is alive but not ready, and says why', async (t) => {
  const { base, config } = await serve(t);
  await rm(config.dataDir, { recursive: true });
  assert.equal((await json(`${base}/health`)).status, 200);
  const { status, body } = await json(`${base}/ready`);
  assert.equal(status, 503);
  assert.equal(body.error, `data directory ${config.dataDir} is not writable: ENOENT`);
});

test('while draining it is not ready, and closes connections', async (t) => {
  const { base, inFlight } = await serve(t);
  inFlight.isDraining = true;
  const { status, headers, body } = await json(`${base}/ready`);
  assert.equal(status, 503);
  assert.equal(body.error, 'draining');
  assert.equal(headers.get('connection'), 'close');
});

test('quotes a price in the configured currency', async (t) => {
  const { base } = await serve(t, { CURRENCY: 'KRW' });
  const { body } = await json(`${base}/price?quantity=40`);
  assert.deepEqual(body, { quantity: 40, unit: 12.5, total: 450, currency: 'KRW', version: 'v9.9.9' });
});

for (const query of ['', '?quantity=', '?quantity=0', '?quantity=-1', '?quantity=1.5', '?quantity=many', '?quantity=1000001']) {
  test(`/price${query} is a bad request`, async (t) => {
    const { base } = await serve(t);
    const { status, body } = await json(`${base}/price${query}`);
    assert.equal(status, 400);
    assert.match(body.error, /^quantity must be/);
  });
}

for (const collection of ['notes', 'cache']) {
  test(`${collection}: put, get, list`, async (t) => {
    const { base } = await serve(t);
    const url = `${base}/${collection}/nonce-1`;
    assert.equal((await json(url)).status, 404);
    assert.equal((await json(url, { method: 'PUT', body: 'first' })).status, 201);
    assert.deepEqual((await json(url, { method: 'PUT', body: 'second' })).body, { id: 'nonce-1', bytes: 6 });
    const response = await fetch(url);
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(await response.text(), 'second');
    assert.deepEqual((await json(`${base}/${collection}`)).body, { ids: ['nonce-1'] });
  });
}

test('notes and cache are two places', async (t) => {
  const { base } = await serve(t);
  await json(`${base}/cache/x`, { method: 'PUT', body: 'x' });
  assert.equal((await json(`${base}/notes/x`)).status, 404);
});

for (const id of ['UPPER', 'a.b', '..%2Fescape', 'a'.repeat(64), '%00']) {
  test(`the id ${id.slice(0, 12)} is a bad request`, async (t) => {
    const { base } = await serve(t);
    assert.equal((await json(`${base}/notes/${id}`)).status, 400);
    assert.equal((await json(`${base}/notes/${id}`, { method: 'PUT', body: 'x' })).status, 400);
  });
}

test('a body that is too long is refused, and nothing is stored', async (t) => {
  const { base } = await serve(t);
  const { status, body } = await json(`${base}/notes/big`, { method: 'PUT', body: 'x'.repeat(64 * 1024 + 1) });
  assert.equal(status, 413);
  assert.match(body.error, /65536 bytes/);
  assert.deepEqual((await json(`${base}/notes`)).body, { ids: [] });
});

test('a method that is not served names those that are', async (t) => {
  const { base } = await serve(t);
  const { status, headers } = await json(`${base}/notes/x`, { method: 'DELETE' });
  assert.equal(status, 405);
  assert.equal(headers.get('allow'), 'GET, PUT');
});

test('writing needs the key, reading does not, and the log never holds it', async (t) => {
  const { base, lines } = await serve(t, { API_KEY: 'correct-horse' });
  const url = `${base}/notes/x`;
  const put = (headers) => json(url, { method: 'PUT', body: 'text', headers });
  assert.equal((await put({})).status, 401);
  assert.equal((await put({ 'x-api-key': 'wrong' })).status, 401);
  assert.equal((await put({ 'x-api-key': 'correct-horse' })).status, 201);
  assert.equal(await (await fetch(url)).text(), 'text');
  assert.ok(lines.length > 0);
  assert.doesNotMatch(JSON.stringify(lines), /correct-horse/);
});

test('waits as long as it was asked to, within its bound', async (t) => {
  const { base } = await serve(t);
  const started = performance.now();
  assert.deepEqual((await json(`${base}/slow?ms=50`)).body, { waited_ms: 50 });
  assert.ok(performance.now() - started >= 49);
  assert.equal((await json(`${base}/slow?ms=10001`)).status, 400);
});

test('logs requests, but not probes that succeed', async (t) => {
  const { base, lines } = await serve(t);
  for (const path of ['/health', '/ready', '/nowhere']) await json(base + path);
  assert.deepEqual(lines.map(({ message, path, status }) => [message, path, status]), [['request', '/nowhere', 404]]);
});

test('a failure inside is a 500 without details, which are logged', async (t) => {
  const { base, config, lines } = await serve(t);
  await rm(config.dataDir, { recursive: true });
  const { status, body } = await json(`${base}/notes`);
  assert.equal(status, 500);
  assert.deepEqual(body, { error: 'internal error' });
  assert.match(lines[0].error, /ENOENT/);
});
