import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Metrics } from '../src/metrics.js';
import { serve } from './support/service.js';

async function scrape(base) {
  const response = await fetch(`${base}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of a time series, or undefined. */
function value(text, name, labels) {
  const line = text.split('\n').find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)));
  return line && Number(line.split(' ').at(-1));
}

test('durations are counted by method, route and status, whatever the path', async (t) => {
  const { base } = await serve(t);
  for (const path of ['/price?quantity=1', '/price?quantity=2', '/price', '/notes/a', '/notes/b', '/wp-login.php', '/x']) {
    await (await fetch(base + path)).text();
  }
  const text = await scrape(base);
  const count = (route, status) =>
    value(text, 'http_request_duration_seconds_count', [`method="GET"`, `route="${route}"`, `status="${status}"`]);
  assert.equal(count('/price', 200), 2);
  assert.equal(count('/price', 400), 1);
  assert.equal(count('/notes/:id', 404), 2);
  assert.equal(count('none', 404), 2);
  assert.doesNotMatch(text, /wp-login/, 'what strangers ask for makes no time series');
});

test('a duration is in seconds', async (t) => {
  const { base } = await serve(t);
  await (await fetch(`${base}/slow?ms=60`)).text();
  const labels = ['method="GET"', 'route="/slow"', 'status="200"'];
  const sum = value(await scrape(base), 'http_request_duration_seconds_sum', labels);
  assert.ok(sum >= 0.059 && sum < 60, `${sum}`);
});

test('the figures of the process are there', async (t) => {
  const { base } = await serve(t);
  const text = await scrape(base);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
    assert.match(text, new RegExp(`^${name} `, 'm'));
  }
});

test('prices are counted as they are quoted', async (t) => {
  const { base } = await serve(t);
  for (const quantity of [1, 3, 9, 10]) await (await fetch(`${base}/price?quantity=${quantity}`)).text();
  await (await fetch(`${base}/price?quantity=0`)).text();
  const text = await scrape(base);
  const count = (pieces) =>
    ['full', 'reduced'].reduce(
      (sum, price) => sum + value(text, 'prj_02_quotes_total', [`pieces="${pieces}"`, `price="${price}"`]),
      0,
    );
  assert.deepEqual([count('1-9'), count('10+')], [3, 1]);
});

test('a price is reduced where less is asked than all pieces cost', async () => {
  const metrics = new Metrics('v9.8.7');
  const quote = (quantity, unit, total) => metrics.countQuote({ quantity, unit, total });
  quote(3, 12.5, 33.75);
  quote(3, 12.5, 37.5);
  quote(9, 0.333, 3); // 2.997, rounded up
  quote(9, 0.334, 3.01); // 3.006, rounded up
  quote(10, 12.5, 112.5);
  const { text } = await metrics.render();
  const count = (pieces, price) => value(text, 'prj_02_quotes_total', [`pieces="${pieces}"`, `price="${price}"`]);
  assert.equal(count('1-9', 'reduced'), 1);
  assert.equal(count('1-9', 'full'), 3);
  assert.equal(count('10+', 'reduced'), 1);
  assert.equal(count('10+', 'full'), 0, 'there before the first');
  assert.equal(value(text, 'prj_02_build_info', ['version="v9.8.7"']), 1);
});

test('a scrape that succeeds is not logged', async (t) => {
  const { base, lines } = await serve(t);
  await scrape(base);
  assert.deepEqual(lines, []);
});
