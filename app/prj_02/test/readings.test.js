import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { Readings, ReadingsUnavailable } from '../src/readings.js';
import { serve } from './support/service.js';

async function json(url) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A database that answers from a list of the requests it got. */
function recorded() {
  const requests = [];
  const answer = (name) => (...query) => {
    requests.push([name, ...query]);
    return Promise.resolve([{ name }]);
  };
  return { requests, latest: answer('latest'), minutes: answer('minutes') };
}

for (const path of ['/readings?sensor=a', '/readings/minutes?sensor=a']) {
  test(`${path} without a database is 404, and says what is not set`, async (t) => {
    const { base } = await serve(t);
    const { status, body } = await json(base + path);
    assert.equal(status, 404);
    assert.equal(body.error, 'there are no readings here: DATABASE_URL is not set');
  });

  test(`${path} while the database is away is 503; prices and readiness go on`, async (t) => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address();
    gone.close();
    const readings = new Readings(`postgresql://app:correct-horse@127.0.0.1:${port}/readings`, {});
    t.after(() => readings.close());
    const { base, lines } = await serve(t, {}, { readings });
    const { status, headers, body } = await json(base + path);
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
    assert.equal(body.error, 'no readings now: the database does not answer');
    assert.equal((await json(`${base}/ready`)).status, 200);
    assert.equal((await json(`${base}/price?quantity=2`)).status, 200);
    assert.equal(lines[0].code, 'ECONNREFUSED');
    assert.doesNotMatch(JSON.stringify(lines), /correct-horse/);
  });
}

test('a database that accepts and says nothing holds a request up for a bounded time', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const readings = new Readings(`postgresql://app@127.0.0.1:${silent.address().port}/readings`, {});
  const started = performance.now();
  await assert.rejects(readings.latest('a', 1), ReadingsUnavailable);
  assert.ok(performance.now() - started < 60_000);
  await readings.close();
});

test('sensor and limit reach the database; a hundred where nobody says how many', async (t) => {
  const database = recorded();
  const { base } = await serve(t, {}, { readings: database });
  assert.deepEqual((await json(`${base}/readings?sensor=hall%201&limit=3`)).body, {
    sensor: 'hall 1',
    readings: [{ name: 'latest' }],
  });
  assert.deepEqual((await json(`${base}/readings/minutes?sensor=a`)).body, { sensor: 'a', minutes: [{ name: 'minutes' }] });
  assert.deepEqual(database.requests, [
    ['latest', 'hall 1', 3],
    ['minutes', 'a', 100],
  ]);
});

for (const query of ['', '?sensor=', '?sensor=%00', `?sensor=${'x'.repeat(201)}`, '?sensor=a&limit=0', '?sensor=a&limit=1001']) {
  test(`/readings${query.slice(0, 20)} is a bad request`, async (t) => {
    const database = recorded();
    const { base } = await serve(t, {}, { readings: database });
    const { status, body } = await json(`${base}/readings${query}`);
    assert.equal(status, 400);
    assert.match(body.error, /^(sensor|limit) must be/);
    assert.deepEqual(database.requests, []);
  });
}

test('readings and their minutes are read only', async (t) => {
  const { base } = await serve(t, {}, { readings: recorded() });
  const response = await fetch(`${base}/readings?sensor=a`, { method: 'DELETE' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET');
});
