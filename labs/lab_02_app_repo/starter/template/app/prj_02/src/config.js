/** The configuration: read once from environment variables, checked before anything starts. `.env.example` is its schema. */

import { Environment, postgresUrl } from './environment.js';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'];

/**
 * Read the configuration.
 *
 * @param {Record<string, string | undefined>} variables Environment variables.
 * @returns {Readonly<object>} The checked configuration.
 * @throws {import('./environment.js').ConfigError} Naming every variable that is wrong.
 */
export function loadConfig(variables) {
  const environment = new Environment(variables);
  const config = Object.freeze({
    version: environment.value('APP_VERSION', { fallback: 'v0.0.0-dev' }),
    host: environment.value('HOST', { fallback: undefined }),
    port: environment.number('PORT', { fallback: 8080, min: 0, max: 65535, integer: true }),
    dataDir: environment.value('DATA_DIR'),
    cacheDir: environment.value('CACHE_DIR'),
    unitPrice: environment.number('UNIT_PRICE', { fallback: 0, min: 0, max: 1e6 }),
    currency: environment.value('CURRENCY', {
      fallback: 'EUR',
      form: 'three capital letters',
      parse: (text) => (/^[A-Z]{3}$/.test(text) ? text : undefined),
    }),
    logLevel: environment.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    drainSeconds: environment.number('DRAIN_SECONDS', { fallback: 10, min: 0, max: 300 }),
    apiKey: environment.value('API_KEY', { fallback: undefined, isSecret: true }),
    databaseUrl: environment.value('DATABASE_URL', {
      fallback: undefined,
      isSecret: true,
      form: 'a URL such as postgresql://user:password@host:5432/database',
      parse: postgresUrl,
    }),
  });
  environment.check();
  return config;
}
