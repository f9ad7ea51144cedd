// Have the application itself take memory, 4 MiB five times a second and 256 MiB in all: what a leak does in days.
// The way in is Node's own debugger, which a signal opens inside the pod. Whoever may `exec` may do anything.
import { setTimeout } from "node:timers/promises";

const leak = `
  globalThis.leak = [];
  setInterval(() => globalThis.leak.length < 64 && globalThis.leak.push(Buffer.alloc(4 << 20, 1)), 200);
`;

process.kill(1, "SIGUSR1");
let targets;
for (let tries = 0; !targets && tries < 100; tries += 1) {
  await setTimeout(50);
  targets = await fetch("http://127.0.0.1:9229/json").then((answer) => answer.json(), () => undefined);
}
const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
socket.onopen = () =>
  socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: leak } }));
socket.onmessage = () => socket.close();
