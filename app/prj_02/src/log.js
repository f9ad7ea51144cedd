/** The log: one JSON object a line on standard output, for whatever collects the container's output. */

const SEVERITY = { error: 0, warn: 1, info: 2, debug: 3 };

/**
 * Make a log.
 *
 * @param {keyof typeof SEVERITY} level The least severe level that is still written.
 * @param {object} common Fields of every line, such as the version and the pod.
 * @param {(line: string) => void} write Takes one finished line.
 * @returns {Record<keyof typeof SEVERITY, (message: string, fields?: object) => void>} One function a level.
 */
export function createLog(level, common, write = (line) => process.stdout.write(line)) {
  const writer = (name) => (message, fields = {}) => {
    if (SEVERITY[name] > SEVERITY[level]) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: name, message, ...common, ...fields })}\n`);
  };
  return Object.fromEntries(Object.keys(SEVERITY).map((name) => [name, writer(name)]));
}
