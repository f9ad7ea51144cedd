// Send one request each interval, a new connection each, and print one JSON line for every answer or failure.
//
// Requests leave on time whether or not earlier ones were answered: a probe that waits for a slow answer sends
// nothing meanwhile, and so misses the very failures it is there to see. It ends by itself after PROBE_SECONDS,
// on SIGUSR2 (asked) or SIGTERM (terminated); each time it waits for the requests under way, then prints a last
// line that says why and how many were sent, so that a reader knows whether it has seen them all.
'use strict';

const http = require('node:http');
const https = require('node:https');

const url = new URL(process.env.PROBE_URL);
// Where it connects to, for a host that no DNS knows; whose certificate is shown there is not its question.
const address = process.env.PROBE_ADDRESS || url.hostname;
const scheme = url.protocol === 'https:' ? https : http;
const intervalMs = Number(process.env.PROBE_INTERVAL_MS);
const timeoutMs = Number(process.env.PROBE_TIMEOUT_MS);
const boundMs = Number(process.env.PROBE_SECONDS) * 1000;
const most = Math.ceil(boundMs / intervalMs);
const bodyLimit = 200;

const started = performance.now();
let sent = 0;
let open = 0;
let ended = '';
let ticked = started;
let paused = 0;

// Milliseconds that this process could run in: where a node has more to do than it can, what has come in time waits
// here to be read, and that is no failure of whoever sent it.
function running() {
  const now = performance.now();
  return now - paused - Math.max(0, now - ticked - intervalMs);
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function send() {
  const n = ++sent;
  const at = Date.now() / 1000;
  const begun = running();
  const late = new AbortController();
  let since = begun;
  let deadline = setTimeout(expire, timeoutMs);
  let connected = false;
  let told = false;
  open += 1;

  function expire() {
    const left = timeoutMs - (running() - since);
    if (left > 0) deadline = setTimeout(expire, left);
    // Timers come before input: what is there already is read first.
    else setImmediate(() => { if (!told && running() - since >= timeoutMs) late.abort(); });
  }

  function tell(outcome) {
    if (told) return;
    told = true;
    clearTimeout(deadline);
    open -= 1;
    print({ n, at, ms: Math.round((running() - begun) * 10) / 10, ...outcome });
    finish();
  }

  function fail(error) {
    if (error.name !== 'AbortError') return tell({ error: error.code ?? error.message });
    const expected = connected ? 'answer' : 'connection';
    tell({ error: `no ${expected} within ${timeoutMs} ms`, late: expected });
  }

  const options = {
    agent: false, // a connection for this request alone, as a new client would open it
    signal: late.signal,
    hostname: address,
    headers: { host: url.host },
    servername: url.hostname,
    rejectUnauthorized: false,
  };
  const request = scheme.get(url, options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => { body = (body + chunk).slice(0, bodyLimit); });
    response.on('error', fail);
    response.on('end', () => tell({
      status: response.statusCode,
      version: response.headers['x-app-version'] ?? '',
      body,
    }));
  });
  request.on('error', fail);
  // Who stands behind a door is not asked before the connection with the door is there: the answer has its own time.
  request.on('socket', (socket) => socket.once(scheme === https ? 'secureConnect' : 'connect', () => {
    connected = true;
    clearTimeout(deadline);
    since = running();
    if (!told) deadline = setTimeout(expire, timeoutMs);
  }));
}

function finish() {
  if (!ended || open > 0) return;
  clearInterval(timer);
  print({ ended, sent });
}

function end(why) {
  if (ended) return;
  ended = why;
  clearTimeout(bound);
  finish();
}

// setInterval drifts under load; the count that is due by now does not. It goes on until the last answer, as its clock.
const timer = setInterval(() => {
  const now = performance.now();
  paused += Math.max(0, now - ticked - intervalMs);
  ticked = now;
  const due = Math.min((now - started) / intervalMs, most);
  while (!ended && sent < due) send();
}, intervalMs);
const bound = setTimeout(() => end('bound'), boundMs);
// Whoever reads the log must tell its own "enough" from the cluster ending the pod.
process.on('SIGUSR2', () => end('asked'));
process.on('SIGTERM', () => end('terminated'));
