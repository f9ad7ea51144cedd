import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { environment } from './support/environment.js';
import { run } from './support/service.js';

// As long as `drain` lets a client that is connected ask once more.
const GRACE_MS = 500;

/** Send a request on a connection of its own; everything that comes back, until the connection ends. */
function converse(port, request) {
  const socket = connect(port, '127.0.0.1');
  const conversation = { received: '', ended: once(socket, 'close'), socket };
  socket.on('data', (chunk) => {
    conversation.received += chunk;
  });
  socket.on('error', () => {}); // 'close' follows, and `received` shows what came before
  socket.write(request);
  return conversation;
}

const get = (path) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** Until the process has taken a request into work: an answer on a later connection says that it has. */
async function roundTrip(port) {
  await (await fetch(`http://127.0.0.1:${port}/health`)).text();
}

/** Until nobody listens any more. */
async function untilRefused(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } catch (error) {
      if (error.code === 'ECONNREFUSED') return;
      assert.equal(error.code, 'ECONNRESET'); // connected by the kernel while the listener was closed
    } finally {
      socket.destroy();
    }
    await delay(20); // a queue that never empties would hold the listener open
  }
}

/** What two connections hear that ask once more after SIGTERM; null where a busy machine let the grace pass first. */
async function askedWithinGrace(t) {
  const service = run(t, await environment(t));
  const port = await service.port;
  const conversations = [converse(port, get('/version')), converse(port, '')];
  await once(conversations[0].socket, 'data');
  await roundTrip(port);
  const draining = service.logged('draining');
  const ended = performance.now();
  service.child.kill('SIGTERM');
  await draining;
  for (const { socket } of conversations) socket.write(get('/price?quantity=2'));
  const isInTime = performance.now() - ended < GRACE_MS;
  assert.deepEqual(await service.exited, [0, null]);
  return isInTime ? conversations : null;
}

// Each has a process of its own, and mostly waits.
describe('the process', { concurrency: true }, () => {
  test('SIGTERM: requests in flight are answered, new connections refused, exit 0', async (t) => {
    const service = run(t, await environment(t, { DRAIN_SECONDS: '60' }));
    const port = await service.port;
    const slow = converse(port, get('/slow?ms=8000'));
    await roundTrip(port);
    const draining = service.logged('draining');
    service.child.kill('SIGTERM');
    await draining;
    await untilRefused(port);
    assert.equal(slow.received, '', 'the request is still in flight');
    await slow.ended;
    assert.match(slow.received, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(slow.received, /\r\nconnection: close\r\n/i);
    assert.match(slow.received, /"waited_ms":8000/);
    assert.deepEqual(await service.exited, [0, null]);
    assert.deepEqual(service.lines.map((line) => line.message).filter((message) => message !== 'request'), [
      'API_KEY is not set: every client may write',
      'listening',
      'draining',
      'drained',
    ]);
  });

  test('SIGTERM: who is connected gets one more answer, which says that it was the last', async (t) => {
    let conversations = null;
    for (let time = 0; time < 20 && conversations === null; time += 1) conversations = await askedWithinGrace(t);
    assert.ok(conversations, 'this machine is never fast enough to ask within the grace');
    for (const conversation of conversations) {
      await conversation.ended;
      assert.match(conversation.received, /\r\nconnection: close\r\n/i);
      assert.match(conversation.received, /"quantity":2,/);
    }
  });

  test('SIGTERM: connections that are idle, or never asked anything, do not hold it up', async (t) => {
    const service = run(t, await environment(t, { DRAIN_SECONDS: '120' }));
    const port = await service.port;
    const idle = converse(port, get('/health'));
    await once(idle.socket, 'data');
    const silent = converse(port, '');
    await once(silent.socket, 'connect');
    await roundTrip(port);
    const started = performance.now();
    service.child.kill('SIGTERM');
    assert.deepEqual(await service.exited, [0, null]);
    assert.ok(performance.now() - started < 25_000, 'it did not wait for its bound');
  });

  test('SIGTERM: after its bound it gives up and exits 1', async (t) => {
    const service = run(t, await environment(t, { DRAIN_SECONDS: '0.2' }));
    const port = await service.port;
    converse(port, get('/slow?ms=10000'));
    await roundTrip(port);
    service.child.kill('SIGTERM');
    assert.deepEqual(await service.exited, [1, null]);
    assert.match(service.lines.at(-1).message, /still in flight/);
  });

  test('every line of the log is JSON with time, level, version and pod', async (t) => {
    const service = run(t, await environment(t));
    const port = await service.port;
    await (await fetch(`http://127.0.0.1:${port}/version`)).text();
    service.child.kill('SIGTERM');
    await service.exited;
    for (const line of service.lines) {
      assert.match(line.time, /^\d{4}-\d\d-\d\dT/);
      assert.match(line.level, /^(info|warn)$/);
      assert.equal(line.version, 'v9.9.9');
      assert.ok(line.pod);
    }
  });

  for (const [name, value] of [
    ['PORT', 'eighty'],
    ['CACHE_DIR', ''],
  ]) {
    test(`a wrong ${name} is one line that names it, and exit 1`, async (t) => {
      const service = run(t, await environment(t, { [name]: value }));
      assert.deepEqual(await service.exited, [1, null]);
      assert.match(service.stderr, new RegExp(`^prj-02: ${name}: .+\\n$`));
      assert.deepEqual(service.lines, []);
    });
  }

  test('a port that is taken is one line that names it, and exit 1', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const service = run(t, await environment(t, { PORT: String(other.address().port) }));
    assert.deepEqual(await service.exited, [1, null]);
    assert.match(service.stderr, /^prj-02: PORT: cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE\n$/);
  });
});
