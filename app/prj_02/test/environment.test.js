import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig } from '../src/config.js';
import { ConfigError, Environment } from '../src/environment.js';
import { environment } from './support/environment.js';

test('all that is wrong is named at once', () => {
  const variables = new Environment({ PORT: 'http', LEVEL: 'loud', EMPTY: '', SECRET: 'correct-horse' });
  variables.number('PORT', { min: 0, max: 65535, integer: true });
  variables.oneOf('LEVEL', ['quiet', 'loudest'], { fallback: 'quiet' });
  variables.value('EMPTY', { fallback: undefined });
  variables.value('MISSING');
  variables.value('SECRET', { isSecret: true, form: 'a key', parse: () => undefined });
  assert.throws(
    () => variables.check(),
    new ConfigError([
      'PORT: "http" is not a whole number from 0 to 65535',
      'LEVEL: "loud" is not one of quiet, loudest',
      'EMPTY: is empty; give it a value, or unset it',
      'MISSING: is required and not set',
      'SECRET: is not a key',
    ]),
  );
});

const notUrls = [
  '',
  'host=database password=correct-horse',
  'mysql://app:correct-horse@database/prices',
  'postgresql://app:correct-horse@database:port/prices',
];
for (const url of notUrls) {
  test(`DATABASE_URL=${url.slice(0, 8)}… is refused, and not shown`, async (t) => {
    const variables = await environment(t, { DATABASE_URL: url });
    assert.throws(() => loadConfig(variables), ({ message }) => {
      assert.match(message, /^DATABASE_URL: is /);
      assert.doesNotMatch(message, /correct-horse/);
      return true;
    });
  });
}

test('a DATABASE_URL is taken as it is', async (t) => {
  for (const url of ['postgresql://app:secret@database:5432/readings', 'postgres://app@/readings?host=/run/postgresql']) {
    assert.equal(loadConfig(await environment(t, { DATABASE_URL: url })).databaseUrl, url);
  }
});
