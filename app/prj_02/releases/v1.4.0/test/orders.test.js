import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { Orders } from '../src/orders.js';
import { serve } from './support/service.js';

async function json(url, init) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Orders in memory: `reason` is why they are not there yet. */
function remembered(reason = null) {
  const placed = [];
  return {
    placed,
    place(quote) {
      placed.unshift(quote);
      return Promise.resolve({ id: 'a', ...quote });
    },
    latest: (limit) => Promise.resolve(placed.slice(0, limit)),
    missing: () => Promise.resolve(reason),
  };
}

test('an order is stored at the price of a quantity, and listed', async (t) => {
  const orders = remembered();
  const { base } = await serve(t, {}, { orders });
  const { status, body } = await json(`${base}/orders?quantity=3`, { method: 'POST' });
  assert.deepEqual([status, body.id, body.quantity, body.total], [201, 'a', 3, 37.5]);
  assert.equal((await json(`${base}/orders?limit=1`)).body.orders.length, 1);
  assert.equal(orders.placed.length, 1);
});

for (const [path, method] of [['/orders?quantity=0', 'POST'], ['/orders', 'POST'], ['/orders?limit=1001', 'GET']]) {
  test(`${method} ${path} is a bad request`, async (t) => {
    const orders = remembered();
    const { base } = await serve(t, {}, { orders });
    assert.equal((await json(base + path, { method })).status, 400);
    assert.deepEqual(orders.placed, []);
  });
}

test('an order needs the key where there is one', async (t) => {
  const orders = remembered();
  const { base } = await serve(t, { API_KEY: 'correct-horse' }, { orders });
  const place = (headers) => json(`${base}/orders?quantity=1`, { method: 'POST', headers });
  assert.equal((await place({})).status, 401);
  assert.deepEqual(orders.placed, []);
  assert.equal((await place({ 'x-api-key': 'correct-horse' })).status, 201);
});

test('orders without a database are 404, and it is ready', async (t) => {
  const { base } = await serve(t);
  assert.equal((await json(`${base}/orders`)).body.error, 'there are no orders here: DATABASE_URL is not set');
  assert.equal((await json(`${base}/ready`)).status, 200);
});

test('what its orders need and is not there keeps it from being ready, and it says what', async (t) => {
  const { base } = await serve(t, {}, { orders: remembered('the migration has not run') });
  const { status, body } = await json(`${base}/ready`);
  assert.deepEqual([status, body.error], [503, 'no orders yet: the migration has not run']);
  assert.equal((await json(`${base}/health`)).status, 200);
});

test('a database that is away is said once in the log, and orders are 503', async (t) => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address();
  gone.close();
  const logged = [];
  const log = { error: (message, fields) => logged.push([message, fields]), warn: () => {} };
  const orders = new Orders(`postgresql://app:correct-horse@127.0.0.1:${port}/orders`, log);
  t.after(() => orders.close());
  const { base } = await serve(t, {}, { orders });
  for (let time = 0; time < 2; time += 1) {
    const { status, body } = await json(`${base}/ready`);
    assert.deepEqual([status, body.error], [503, 'no orders yet: the database does not answer']);
  }
  assert.deepEqual(logged, [['not ready', { reason: 'the database does not answer' }]]);
  const { status, headers, body } = await json(`${base}/orders`);
  assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
  assert.doesNotMatch(JSON.stringify([logged, body]), /correct-horse/);
});

test('a database that accepts and says nothing does not hold a probe up until its time is over', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const orders = new Orders(`postgresql://app@127.0.0.1:${silent.address().port}/orders`, { error: () => {}, warn: () => {} });
  assert.equal(await orders.missing(), 'the database has not answered yet'); // in the end it would be: does not answer
  await orders.missing();
});
