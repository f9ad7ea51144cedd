/** The process: starts the web API, and ends it gracefully on SIGTERM. */

import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { drain, InFlight } from './drain.js';
import { ConfigError } from './environment.js';
import { createLog } from './log.js';
import { Metrics } from './metrics.js';
import { Orders } from './orders.js';
import { Readings } from './readings.js';
import { FileStore } from './store.js';

const REQUEST_TIMEOUT_MS = 30_000;
const GOODBYE_MS = 500;

function main() {
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, { version: config.version, pod: hostname() });
  const inFlight = new InFlight();
  const notes = new FileStore(config.dataDir);
  const cache = new FileStore(config.cacheDir);
  const readings = config.databaseUrl === undefined ? null : new Readings(config.databaseUrl, log);
  const orders = config.databaseUrl === undefined ? null : new Orders(config.databaseUrl, log);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS },
    createApp({ config, log, notes, cache, readings, orders, metrics: new Metrics(config.version), inFlight }),
  );
  inFlight.watch(server);

  if (config.apiKey === undefined) log.warn('API_KEY is not set: every client may write');
  server.once('error', (error) => fail(`PORT: cannot listen on ${config.host ?? '*'}:${config.port}: ${error.code}`));
  server.listen(config.port, config.host, () => log.info('listening', { port: server.address().port }));

  const end = async (signal) => {
    const drained = drain(server, inFlight, config.drainSeconds);
    log.info('draining', { signal, drain_seconds: config.drainSeconds });
    const isDone = await drained;
    await Promise.race([Promise.all([readings?.close(), orders?.close()]), delay(GOODBYE_MS)]); // one that is away does not hold it up
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
