// node adapter.mjs PACKAGE_FOLDER: a published release of the plugin, answering the wire (docs/wire.md).
import { writeSync } from "node:fs";
import { register } from "node:module";

import { Refusal, loadPlugin } from "./plugin.mjs";
import { stopTimers } from "./machine.mjs";

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const NOT_SUPPORTED = -32601;
const INTERNAL_ERROR = -32603;
const REFUSED = 1;

// Standard output is the wire's from before the plugin is loaded: what it prints goes to standard error.
process.stdout.write = (...args) => process.stderr.write(...args);
for (const level of ["log", "info", "debug", "dir", "table"]) console[level] = (...args) => console.error(...args);

register("./resolve.mjs", import.meta.url);
const methods = await loadPlugin(process.argv[2]);
stopTimers();

const failure = (id, code, message, data) => ({
  jsonrpc: "2.0",
  id,
  error: data === undefined ? { code, message } : { code, message, data },
});

function raised(id, error) {
  if (error instanceof Refusal) return failure(id, REFUSED, error.message, { refusal: error.kind });
  console.error(error);
  return failure(id, INTERNAL_ERROR, String(error));
}

// Most methods answer at once; only what touches a folder is a promise, so a batch waits for nothing else.
function answer(request) {
  const { id = null, method, params = {} } = request ?? {};
  if (typeof method !== "string") return failure(null, INVALID_REQUEST, "expected a request with a method");
  if (!Object.hasOwn(methods, method)) return failure(id, NOT_SUPPORTED, `${method} is not supported`);
  try {
    const result = methods[method](params);
    if (!(result instanceof Promise)) return { jsonrpc: "2.0", id, result };
    return result.then(
      (value) => ({ jsonrpc: "2.0", id, result: value }),
      (error) => raised(id, error),
    );
  } catch (error) {
    return raised(id, error);
  }
}

async function answerLine(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch (error) {
    return failure(null, PARSE_ERROR, String(error));
  }
  if (!Array.isArray(message) || message.length === 0) return answer(message);
  const answers = [];
  for (const request of message) {
    const given = answer(request);
    answers.push(given instanceof Promise ? await given : given);
  }
  return answers;
}

function send(message) {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

let rest = [];
for await (const chunk of process.stdin) {
  let from = 0;
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
    rest.push(chunk.subarray(from, end));
    send(await answerLine(Buffer.concat(rest).toString("utf8")));
    rest = [];
    from = end + 1;
  }
  rest.push(chunk.subarray(from));
}
process.exit(0);
