/** What prj-01 collected, read from its tables in a PostgreSQL that may be away. */

import pg from 'pg';

const CONNECTIONS = 4;
const TIMEOUT_MS = 2_000;

// To the microsecond, which a Date would cut off.
const utc = (column) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const LATEST = `
  select ${utc('at')} as at, value
  from readings.reading where sensor = $1 order by reading.at desc limit $2`;
const MINUTES = `
  select ${utc('minute')} as minute, count::double precision, minimum, maximum, mean
  from readings.minute where sensor = $1 order by minute.minute desc limit $2`;

// SQLSTATE of an undefined table, or the schema of one: https://www.postgresql.org/docs/current/errcodes-appendix.html
const NOT_MIGRATED = new Set(['42P01', '3F000']);

/** Readings cannot be had just now. */
export class ReadingsUnavailable extends Error {
  /**
   * @param {string} reason Why, for the client; without what only the log should have.
   * @param {Error} cause What the driver says.
   */
  constructor(reason, cause) {
    super(reason, { cause });
    this.name = 'ReadingsUnavailable';
  }
}

/** The tables that prj-01 fills, through a few connections that are made when first needed. */
export class Readings {
  #pool;

  /**
   * @param {string} url Where PostgreSQL is, with user and password.
   * @param {object} log Gets a line for each connection that is lost while nobody uses it.
   */
  constructor(url, log) {
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'prj-02',
      max: CONNECTIONS,
      // Each bounds a request: for a connection, for the server's work, for its answer.
      connectionTimeoutMillis: TIMEOUT_MS,
      statement_timeout: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    // Without a listener the loss of an idle connection would end the process.
    this.#pool.on('error', (error) => log.warn('connection to the database lost', { error: error.message }));
  }

  /**
   * The last readings of a sensor, the newest first.
   *
   * @param {string} sensor Its name; one that has none has no readings.
   * @param {number} limit At most so many.
   * @returns {Promise<{at: string, value: number}[]>} Times are UTC (ISO 8601).
   * @throws {ReadingsUnavailable} The database does not answer, or lacks the tables.
   */
  latest(sensor, limit) {
    return this.#rows(LATEST, [sensor, limit]);
  }

  /**
   * The last minutes of a sensor in which there were readings, the newest first.
   *
   * @param {string} sensor Its name.
   * @param {number} limit At most so many.
   * @returns {Promise<{minute: string, count: number, minimum: number, maximum: number, mean: number}[]>}
   * @throws {ReadingsUnavailable} The database does not answer, or lacks the tables.
   */
  minutes(sensor, limit) {
    return this.#rows(MINUTES, [sensor, limit]);
  }

  /** Say goodbye to the database. */
  async close() {
    await this.#pool.end();
  }

  async #rows(statement, values) {
    try {
      return (await this.#pool.query(statement, values)).rows;
    } catch (error) {
      if (NOT_MIGRATED.has(error.code)) {
        throw new ReadingsUnavailable('the tables of prj-01 are not there: its migration has not run', error);
      }
      throw new ReadingsUnavailable('the database does not answer', error);
    }
  }
}
