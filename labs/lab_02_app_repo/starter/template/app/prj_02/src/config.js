/** The configuration: read once from environment variables, checked before anything starts. `.env.example` is its schema. */

/** A variable is missing or has a value that cannot be right. */
export class ConfigError extends Error {
  /**
   * @param {string} variable The variable's name.
   * @param {string} reason What is wrong with it; never its value if that could be a secret.
   */
  constructor(variable, reason) {
    super(`${variable}: ${reason}`);
    this.name = 'ConfigError';
  }
}

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'];

/**
 * Read the configuration.
 *
 * @param {Record<string, string | undefined>} env Environment variables.
 * @returns {Readonly<object>} The checked configuration.
 * @throws {ConfigError} Naming the first variable that is wrong.
 */
export function loadConfig(env) {
  return Object.freeze({
    version: env.APP_VERSION ?? 'v0.0.0-dev',
    host: env.HOST,
    port: number(env, 'PORT', { fallback: 8080, min: 0, max: 65535, integer: true }),
    dataDir: required(env, 'DATA_DIR'),
    cacheDir: required(env, 'CACHE_DIR'),
    unitPrice: number(env, 'UNIT_PRICE', { fallback: 0, min: 0, max: 1e6 }),
    currency: currency(env, 'CURRENCY', 'EUR'),
    logLevel: oneOf(env, 'LOG_LEVEL', LOG_LEVELS, 'info'),
    drainSeconds: number(env, 'DRAIN_SECONDS', { fallback: 10, min: 0, max: 300 }),
    apiKey: secret(env, 'API_KEY'),
  });
}

function required(env, name) {
  if (!env[name]) throw new ConfigError(name, 'is required and not set');
  return env[name];
}

function number(env, name, { fallback, min, max, integer = false }) {
  if (env[name] === undefined && fallback !== undefined) return fallback;
  const text = required(env, name);
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const kind = integer ? 'a whole number' : 'a number';
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    throw new ConfigError(name, `${JSON.stringify(text)} is not ${kind} from ${min} to ${max}`);
  }
  return value;
}

function oneOf(env, name, choices, fallback) {
  const value = env[name] ?? fallback;
  if (!choices.includes(value)) {
    throw new ConfigError(name, `${JSON.stringify(value)} is not one of ${choices.join(', ')}`);
  }
  return value;
}

function currency(env, name, fallback) {
  const value = env[name] ?? fallback;
  if (!/^[A-Z]{3}$/.test(value)) throw new ConfigError(name, `${JSON.stringify(value)} is not three capital letters`);
  return value;
}

function secret(env, name) {
  // An empty key is a broken Secret, not the wish to let everybody write.
  if (env[name] === '') throw new ConfigError(name, 'is empty; give it a value, or unset it to allow every write');
  return env[name];
}
