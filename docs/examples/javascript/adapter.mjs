// The adapter of `port.mjs`: antigravity-conformance run -- node docs/examples/javascript/adapter.mjs

import { createInterface } from "node:readline";
import { Port, Refusal, capabilities } from "./port.mjs";

const METHODS = ["open", "select", "mark_rate_limited", "mark_cooling_down", "remove", "advance", "close"];
const port = new Port();

function call(method, params) {
  if (method === "hello") {
    return { name: "javascript-example", version: "0.1", language: "javascript", capabilities, pid: process.pid };
  }
  // Without a PID in `open`, the port uses its own.
  return port[method](method === "open" ? { ...params, pid: params.pid ?? process.pid } : params);
}

function answer({ id, method, params = {} }) {
  const failed = (code, message, data) => ({ jsonrpc: "2.0", id, error: { code, message, data } });
  if (method !== "hello" && !METHODS.includes(method)) return failed(-32601, `${method} is not supported`);
  try {
    return { jsonrpc: "2.0", id, result: call(method, params) };
  } catch (error) {
    if (error instanceof Refusal) return failed(1, error.message, { refusal: error.kind });
    console.error(error); // the kit shows standard error
    return failed(-32603, String(error));
  }
}

// One message a line. A batch is answered by one array in the same order. When the input ends, Node exits.
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  console.log(JSON.stringify(Array.isArray(message) ? message.map(answer) : answer(message)));
}
