/** Starts the service for tests: in this process, or as the process that an image runs. */

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { InFlight } from '../../src/drain.js';
import { createLog } from '../../src/log.js';
import { Metrics } from '../../src/metrics.js';
import { FileStore } from '../../src/store.js';
import { environment } from './environment.js';

const MAIN = path.join(import.meta.dirname, '../../src/main.js');

/** The app behind a real server on loopback, with its log lines and the parts a test looks into; `stores` are its database. */
export async function serve(test, extra, stores = {}) {
  const config = loadConfig(await environment(test, extra));
  const lines = [];
  const log = createLog('debug', {}, (line) => lines.push(JSON.parse(line)));
  const [notes, cache] = [new FileStore(config.dataDir), new FileStore(config.cacheDir)];
  const inFlight = new InFlight();
  const server = createServer(createApp({ config, log, notes, cache, readings: null, metrics: new Metrics(config.version), inFlight, ...stores }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${server.address().port}`, config, inFlight, lines };
}

/** The real process; `logged` waits for the next line of the log with a certain message, `exited` for the end of all output. */
export function run(test, env) {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  test.after(() => child.kill('SIGKILL'));
  const log = new EventEmitter();
  const logged = async (message) => (await once(log, message))[0];
  const service = { child, logged, lines: [], stderr: '', exited: once(child, 'close') };
  child.stderr.on('data', (chunk) => {
    service.stderr += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    service.lines.push(JSON.parse(line));
    log.emit(service.lines.at(-1).message, service.lines.at(-1));
  });
  service.port = Promise.race([logged('listening').then(({ port }) => port), service.exited.then(() => null)]);
  return service;
}
