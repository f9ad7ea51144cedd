/** Orders, in tables that a migration of the Deploy repository makes, in a PostgreSQL that may be away. */

import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

const CONNECTIONS = 4;
const TIMEOUT_MS = 2_000;
// A probe gets its answer within a second, whatever the database does.
const LOOK_MS = 500;

const PLACE = `
  with placed as (
    insert into project_2.swing_order (quantity, total) values ($1, $2)
    returning id, quantity, total::double precision, ordered_at as at
  ), counted as (
    insert into shared.portfolio_position (project, quantity) select 'project_2', quantity from placed
    on conflict (project) do update set quantity = portfolio_position.quantity + excluded.quantity
  )
  select * from placed`;
const LATEST = `
  select id, quantity, total::double precision, ordered_at as at
  from project_2.swing_order order by ordered_at desc limit $1`;
// Whatever PLACE and LATEST name: one statement that fails as soon as any of it is missing, and reads no row.
const NEEDED = `
  select id, swing_order.quantity, total, ordered_at, project, portfolio_position.quantity
  from project_2.swing_order, shared.portfolio_position limit 0`;

// SQLSTATE of an undefined table, schema or column: https://www.postgresql.org/docs/current/errcodes-appendix.html
const NOT_MIGRATED = new Set(['42P01', '3F000', '42703']);

/** Orders cannot be had just now. */
export class OrdersUnavailable extends Error {
  /**
   * @param {string} reason Why, for the client; without what only the log should have.
   * @param {Error} cause What the driver says.
   */
  constructor(reason, cause) {
    super(reason, { cause });
    this.name = 'OrdersUnavailable';
  }
}

/** The orders, through a few connections that are made when first needed. */
export class Orders {
  #pool;
  #log;
  #look = null;
  #problem = 'the database has not answered yet';

  /**
   * @param {string} url Where PostgreSQL is, with user and password.
   * @param {object} log Gets a line for each connection that is lost, and for each reason not to be ready.
   */
  constructor(url, log) {
    this.#log = log;
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
   * Place an order.
   *
   * @param {{quantity: number, total: number}} quote What it costs.
   * @returns {Promise<{id: string, quantity: number, total: number, at: Date}>} The order, once it is stored.
   * @throws {OrdersUnavailable} The database does not answer, or lacks what is needed.
   */
  async place({ quantity, total }) {
    return (await this.#rows(PLACE, [quantity, total]))[0];
  }

  /**
   * The last orders, the newest first.
   *
   * @param {number} limit At most so many.
   * @returns {Promise<{id: string, quantity: number, total: number, at: Date}[]>}
   * @throws {OrdersUnavailable} The database does not answer, or lacks what is needed.
   */
  latest(limit) {
    return this.#rows(LATEST, [limit]);
  }

  /**
   * Why this release may not serve yet. What it needs has to be there once: a database that is lost later would take all
   * replicas out of their Service at once.
   *
   * @returns {Promise<string | null>} The reason; null from the moment on at which all of it was there.
   */
  async missing() {
    if (this.#problem !== null) {
      this.#look ??= this.#verify();
      await Promise.race([this.#look, delay(LOOK_MS)]);
    }
    return this.#problem;
  }

  /** Say goodbye to the database. */
  async close() {
    await this.#pool.end();
  }

  async #verify() {
    let problem = null;
    try {
      await this.#rows(NEEDED, []);
    } catch (error) {
      problem = error.message;
    }
    if (problem !== null && problem !== this.#problem) this.#log.error('not ready', { reason: problem });
    this.#problem = problem;
    this.#look = null;
  }

  async #rows(statement, values) {
    try {
      return (await this.#pool.query(statement, values)).rows;
    } catch (error) {
      if (NOT_MIGRATED.has(error.code)) {
        throw new OrdersUnavailable(`the migration that this release needs has not run: ${error.message}`, error);
      }
      throw new OrdersUnavailable('the database does not answer', error);
    }
  }
}
