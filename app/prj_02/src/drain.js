/** The graceful end: no new connections, requests in flight are finished, within a bound. */

import { setTimeout as delay } from 'node:timers/promises';

/** The requests being answered, and whether the process is on its way out. */
export class InFlight {
  #count = 0;
  #whenEmpty = null;

  /** Whether the drain has begun: readiness says no, answers close their connection. */
  isDraining = false;

  /**
   * Count a request until its answer is sent or its client is gone.
   *
   * @param {import('node:http').ServerResponse} response The request's answer.
   */
  add(response) {
    this.#count += 1;
    response.once('close', () => {
      this.#count -= 1;
      if (this.#count === 0) this.#whenEmpty?.();
    });
  }

  /** @returns {Promise<boolean>} True, once nothing is in flight. */
  empty() {
    if (this.#count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#whenEmpty = () => resolve(true);
    });
  }
}

/**
 * Drain a server.
 *
 * @param {import('node:http').Server} server Stops listening at once; its idle connections are closed.
 * @param {InFlight} inFlight What is still being answered.
 * @param {number} seconds The longest time to wait for it.
 * @returns {Promise<boolean>} Whether everything was answered in time.
 */
export async function drain(server, inFlight, seconds) {
  inFlight.isDraining = true;
  server.close();
  // Not until the server is closed: a connection that never sends its request would hold that up.
  return Promise.race([inFlight.empty(), delay(seconds * 1000, false)]);
}
