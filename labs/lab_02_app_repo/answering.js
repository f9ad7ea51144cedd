// What a checkout answers to its probes in three states, without a volume, a database or a cluster: one JSON line.
// Argument: the path of its app.js.

import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const { createApp } = await import(pathToFileURL(process.argv[2]));

const writable = { verifyWritable: async () => {} };
const gone = {
  async verifyWritable() {
    throw Object.assign(new Error('gone'), { code: 'ENOENT' });
  },
};
const states = { well: [writable, false], data_gone: [gone, false], draining: [writable, true] };

async function ask(notes, isDraining) {
  const app = createApp({
    config: { version: 'v0.0.0', dataDir: '/data' },
    log: { error() {}, warn() {}, info() {}, debug() {} },
    notes,
    cache: writable,
    readings: null,
    metrics: { observe() {} },
    inFlight: { isDraining, add() {} },
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const answers = {};
  for (const path of ['/health', '/ready']) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
    answers[path] = { status: response.status, text: (await response.text()).trim() };
  }
  server.close();
  server.closeAllConnections();
  return answers;
}

const outcomes = {};
for (const [state, [notes, isDraining]] of Object.entries(states)) outcomes[state] = await ask(notes, isDraining);
console.log(JSON.stringify(outcomes));
