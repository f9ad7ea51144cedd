/** The graceful end: whoever is connected gets an answer, and learns that it was the last; within a bound. */

import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

// What a client that is connected gets to ask once more, before its idle connection is closed.
const GRACE_SECONDS = 0.5;
// How many connections wait in the kernel at most; what Node.js asks for where `listen` names nothing else.
const BACKLOG = 511;

/** The connections of a server, the requests being answered on them, and whether the process is on its way out. */
export class InFlight {
  #connections = 0;
  #requests = 0;
  #whenChanged = new Set();

  /** Whether the drain has begun: readiness says no, answers close their connection. */
  isDraining = false;

  /** How many connections were ever accepted. */
  accepted = 0;

  /** @param {import('node:http').Server} server One whose connections are counted from now on. */
  watch(server) {
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.#connections += 1;
      socket.once('close', () => {
        this.#connections -= 1;
        this.#changed();
      });
    });
  }

  /**
   * Count a request until its answer is sent or its client is gone.
   *
   * @param {import('node:http').ServerResponse} response The request's answer.
   */
  add(response) {
    this.#requests += 1;
    response.once('close', () => {
      this.#requests -= 1;
      this.#changed();
    });
  }

  /** @returns {Promise<boolean>} True, once nothing is in flight. */
  empty() {
    return this.#until(() => this.#requests === 0);
  }

  /** @returns {Promise<boolean>} True, once nobody is connected. */
  disconnected() {
    return this.#until(() => this.#connections === 0);
  }

  async #until(condition) {
    while (!condition()) await new Promise((resolve) => this.#whenChanged.add(resolve));
    return true;
  }

  #changed() {
    for (const resolve of this.#whenChanged) resolve();
    this.#whenChanged.clear();
  }
}

/**
 * Drain a server.
 *
 * @param {import('node:http').Server} server Goes on for a moment, then stops listening.
 * @param {InFlight} inFlight What is still being answered.
 * @param {number} seconds The longest time to wait for it.
 * @returns {Promise<boolean>} Whether everything was answered in time.
 */
export async function drain(server, inFlight, seconds) {
  inFlight.isDraining = true;
  const end = delay(seconds * 1000, false);
  const grace = delay(GRACE_SECONDS * 1000, false);
  await Promise.race([inFlight.disconnected(), grace, end]);
  await acceptQueue(inFlight);
  server.close(); // idle connections too
  await turn(); // what was accepted last may have a request that is not read yet
  await turn();
  // Not until all connections are closed: one that never sends its request would hold that up.
  return Promise.race([inFlight.empty(), end]);
}

/** Accept whom the kernel has connected already: closing the listener would reset them. */
async function acceptQueue(inFlight) {
  // The loop accepts one connection a turn; under a load that never lets up, only those that were waiting are awaited.
  for (let turns = 0, accepted = -1; accepted < inFlight.accepted && turns < BACKLOG; turns += 1) {
    accepted = inFlight.accepted;
    await turn();
  }
}
