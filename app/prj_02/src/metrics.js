/** What Prometheus scrapes: how long requests took, what was quoted, and the figures of the process. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SMALL_ORDER = '1-9';
const LARGE_ORDER = '10+';

/** The figures of one process. */
export class Metrics {
  #registry = new Registry();
  #durations;
  #quotes;

  /** @param {string} version The release. */
  constructor(version) {
    collectDefaultMetrics({ register: this.#registry });
    this.#durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'How long requests took, from their head until their answer was handed to the kernel.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [this.#registry],
    });
    // No probe tells a right price from a wrong one. Whoever knows what a price should be can, by these.
    this.#quotes = new Counter({
      name: 'prj_02_quotes_total',
      help: 'Prices quoted, by how many pieces were asked for and whether less than the full price was taken.',
      labelNames: ['pieces', 'price'],
      registers: [this.#registry],
    });
    for (const pieces of [SMALL_ORDER, LARGE_ORDER]) {
      for (const price of ['full', 'reduced']) this.#quotes.inc({ pieces, price }, 0); // else the first is not an increase
    }
    new Gauge({
      name: 'prj_02_build_info',
      help: 'Which release this is.',
      labelNames: ['version'],
      registers: [this.#registry],
    }).set({ version }, 1);
  }

  /**
   * Count a request that was answered.
   *
   * @param {{method: string, route: string, status: number}} request Its route as it is declared, never its path: each
   *   value of a label is a time series of its own.
   * @param {number} seconds How long it took.
   */
  observe(request, seconds) {
    this.#durations.observe(request, seconds);
  }

  /**
   * Count a price that was quoted.
   *
   * @param {{quantity: number, unit: number, total: number}} quote How many pieces, the price of one and of all.
   */
  countQuote({ quantity, unit, total }) {
    const price = total < unit * quantity - 0.005 ? 'reduced' : 'full'; // a total is rounded to cents
    this.#quotes.inc({ pieces: quantity < 10 ? SMALL_ORDER : LARGE_ORDER, price });
  }

  /** @returns {Promise<{type: string, text: string}>} All figures, and the content type of their format. */
  async render() {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
