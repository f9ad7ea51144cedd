// What the configuration of a checkout does with environments: one JSON line, without starting the application.
// Arguments: the path of its config.js, and a JSON list of environments.

import { pathToFileURL } from 'node:url';

const [file, environments] = process.argv.slice(2);
const { loadConfig } = await import(pathToFileURL(file));

function load(environment) {
  const read = new Set();
  const recorder = new Proxy(environment, {
    get(target, name) {
      read.add(name);
      return target[name];
    },
  });
  try {
    return { config: loadConfig(recorder), read: [...read] };
  } catch (error) {
    return { refused: error.message, read: [...read] };
  }
}

console.log(JSON.stringify(JSON.parse(environments).map(load)));
