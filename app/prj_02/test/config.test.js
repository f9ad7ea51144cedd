import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { loadConfig } from '../src/config.js';
import { ConfigError } from '../src/environment.js';

const COMPLETE = { DATA_DIR: '/data', CACHE_DIR: '/cache', UNIT_PRICE: '12.50' };

test('only what has no sensible default is required', () => {
  const config = loadConfig(COMPLETE);
  assert.equal(config.port, 8080);
  assert.equal(config.drainSeconds, 10);
  assert.equal(config.logLevel, 'info');
  assert.equal(config.unitPrice, 12.5);
  assert.equal(config.apiKey, undefined);
});

for (const name of Object.keys(COMPLETE)) {
  test(`${name} is required`, () => {
    assert.throws(
      () => loadConfig({ ...COMPLETE, [name]: undefined }),
      new ConfigError([`${name}: is required and not set`]),
    );
  });
}

for (const [name, value] of [
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', ''],
  ['UNIT_PRICE', '-1'],
  ['UNIT_PRICE', '1e3'],
  ['DRAIN_SECONDS', '301'],
  ['LOG_LEVEL', 'verbose'],
  ['API_KEY', ''],
]) {
  test(`${name}=${JSON.stringify(value)} is refused by name`, () => {
    assert.throws(() => loadConfig({ ...COMPLETE, [name]: value }), {
      name: 'ConfigError',
      message: new RegExp(`^${name}: `),
    });
  });
}

test('.env.example names exactly the variables that are read', async () => {
  const read = new Set();
  const recorder = new Proxy(COMPLETE, {
    get(target, name) {
      read.add(name);
      return target[name];
    },
  });
  loadConfig(recorder);
  read.delete('APP_VERSION'); // baked into the image
  const example = await readFile(path.join(import.meta.dirname, '../.env.example'), 'utf8');
  const named = [...example.matchAll(/^#?([A-Z_]+)=(.*)$/gm)];
  assert.deepEqual(named.map(([, name]) => name).sort(), [...read].sort());
  assert.ok(named.every(([, , value]) => value === ''), 'the schema holds no values');
});
