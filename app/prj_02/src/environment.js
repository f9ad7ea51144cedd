/** Environment variables and the checks on them; all that is wrong is gathered, so that one start says all of it. */

/** Variables that are missing, or have values that cannot be right. */
export class ConfigError extends Error {
  /** @param {string[]} problems One a variable: its name and what is wrong with it; never a value that could be a secret. */
  constructor(problems) {
    super(problems.join('; '));
    this.name = 'ConfigError';
  }
}

/** The variables of a process. What is wrong with one is kept until `check`. */
export class Environment {
  #variables;
  #problems = [];

  /** @param {Record<string, string | undefined>} variables By name. */
  constructor(variables) {
    this.#variables = variables;
  }

  /**
   * The value of a variable.
   *
   * @template T
   * @param {string} name The variable.
   * @param {object} expected
   * @param {T} [expected.fallback] The value where it is not set; without it, the variable is required. May be undefined.
   * @param {string} [expected.form] What a value must be, for the error.
   * @param {(text: string) => T | undefined} [expected.parse] Its value, or undefined for what is not of that form.
   * @param {boolean} [expected.isSecret] Whether an error must not show it.
   * @returns {T | undefined} The value; undefined where it is wrong, and `check` will throw.
   */
  value(name, { form = 'valid', parse = (text) => text, isSecret = false, ...expected } = {}) {
    const text = this.#variables[name];
    const isOptional = Object.hasOwn(expected, 'fallback');
    if (text === undefined && isOptional) return expected.fallback;
    if (text === undefined) return this.#refuse(name, 'is required and not set');
    // Empty is what a broken ConfigMap or Secret looks like, not the wish for the default.
    if (text === '') return this.#refuse(name, `is empty; give it a value${isOptional ? ', or unset it' : ''}`);
    const value = parse(text);
    return value ?? this.#refuse(name, `${isSecret ? '' : `${JSON.stringify(text)} `}is not ${form}`);
  }

  /** A number within a range; see `value`. */
  number(name, { min, max, integer = false, ...expected }) {
    const parse = (text) => {
      const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      return number >= min && number <= max && (!integer || Number.isInteger(number)) ? number : undefined;
    };
    return this.value(name, { form: `a ${integer ? 'whole ' : ''}number from ${min} to ${max}`, parse, ...expected });
  }

  /** One of several words; see `value`. */
  oneOf(name, choices, expected) {
    const parse = (text) => (choices.includes(text) ? text : undefined);
    return this.value(name, { form: `one of ${choices.join(', ')}`, parse, ...expected });
  }

  /** @throws {ConfigError} Naming all that was wrong so far. */
  check() {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }

  #refuse(name, reason) {
    this.#problems.push(`${name}: ${reason}`);
    return undefined;
  }
}

/**
 * Check the URL of a PostgreSQL database.
 *
 * @param {string} text As libpq takes it: the host may be left out, for a socket that the query names.
 * @returns {string | undefined} The URL itself; undefined where it is none.
 */
export function postgresUrl(text) {
  const isUrl = /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text.replace('@/', '@localhost/'));
  return isUrl ? text : undefined;
}
