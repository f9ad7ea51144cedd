/** What Prometheus scrapes: how long requests took, and the figures of the process. */

import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** The figures of one process. */
export class Metrics {
  #registry = new Registry();
  #durations;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'How long requests took, from their head until their answer was handed to the kernel.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [this.#registry],
    });
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

  /** @returns {Promise<{type: string, text: string}>} All figures, and the content type of their format. */
  async render() {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
