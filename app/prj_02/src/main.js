/** The process: starts the web API, and ends it gracefully on SIGTERM. */

import { createServer } from 'node:http';
import { hostname } from 'node:os';

import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config.js';
import { drain, InFlight } from './drain.js';
import { createLog } from './log.js';
import { FileStore } from './store.js';

const REQUEST_TIMEOUT_MS = 30_000;

function main() {
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, { version: config.version, pod: hostname() });
  const inFlight = new InFlight();
  const notes = new FileStore(config.dataDir);
  const cache = new FileStore(config.cacheDir);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS },
    createApp({ config, log, notes, cache, inFlight }),
  );

  if (config.apiKey === undefined) log.warn('API_KEY is not set: every client may write');
  server.once('error', (error) => fail(`PORT: cannot listen on ${config.host ?? '*'}:${config.port}: ${error.code}`));
  server.listen(config.port, config.host, () => log.info('listening', { port: server.address().port }));

  const end = async (signal) => {
    const drained = drain(server, inFlight, config.drainSeconds);
    log.info('draining', { signal, drain_seconds: config.drainSeconds });
    const isDone = await drained;
    log[isDone ? 'info' : 'error'](isDone ? 'drained' : 'gave up: requests were still in flight');
    process.exit(isDone ? 0 : 1);
  };
  // Once: a second signal has its default effect and ends the process at once.
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function fail(reason) {
  process.stderr.write(`prj-02: ${reason}\n`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  fail(error.message);
}
