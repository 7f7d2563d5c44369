// node adapter.mjs FOLDER: the adapter for a published release of the plugin or for the bundle of a checkout
// (docs/wire.md).
import { closeSync, openSync, writeSync } from "node:fs";

import { Unmapped } from "./calls.mjs";
import { countLines } from "./coverage.mjs";
import { leave } from "./machine.mjs";
import { NotSupported, Refusal, loadPlugin } from "./plugin.mjs";

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const NOT_SUPPORTED = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const REFUSED = 1;
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const MAX_MESSAGE = 4000; // of an exception, in characters
const LINE_END = 10;

// Reserve standard input and output for the wire before the plugin is loaded. Everything that the plugin prints, also
// with console.*, goes to standard error. The getter is replaced without reading it, because reading it would make
// file descriptor 1 non-blocking.
const wireIn = process.stdin;
const wireOut = takeOutput();
Object.defineProperty(process, "stdout", { get: () => process.stderr });

// Make descriptor 1 standard error too, for code that writes to it directly. openSync returns the lowest free number.
function takeOutput() {
  try {
    const taken = openSync("/dev/fd/1", "a");
    closeSync(1);
    openSync("/dev/fd/2", "a");
    return taken;
  } catch {
    return 1; // it is a socket, which cannot be opened by path
  }
}

// Set to explain a failure, never to judge.
const { ANTIGRAVITY_CONFORMANCE_COVERAGE: linesFile, ANTIGRAVITY_CONFORMANCE_RELEASE: releaseFile } = process.env;
const noteLines = linesFile ? countLines(process.argv[2], linesFile, releaseFile) : () => {};
const methods = await loadPlugin(process.argv[2]).catch((error) => {
  console.error(error.message);
  leave(1);
});

const failure = (id, code, message, data) => ({ jsonrpc: "2.0", id, error: { code, message, data } });

// JSON.stringify turns a number that is not finite into null, which is a different answer. JSON has no bigint.
function canTravel(value) {
  if (typeof value === "object" && value !== null) return Object.values(value).every(canTravel);
  return typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
}

function success(id, result) {
  if (canTravel(result)) return { jsonrpc: "2.0", id, result: result ?? null };
  return failure(id, INTERNAL_ERROR, "the result contains a number that is not finite, or a bigint");
}

function raised(id, error) {
  if (error instanceof Refusal) return failure(id, REFUSED, error.message, { refusal: error.kind });
  if (error instanceof NotSupported) return failure(id, NOT_SUPPORTED, error.message);
  if (error instanceof Unmapped) return failure(id, INVALID_PARAMS, error.message);
  console.error(error);
  return failure(id, INTERNAL_ERROR, inWords(error).slice(0, MAX_MESSAGE));
}

// A thrown object may have no conversion to a string.
function inWords(thrown) {
  try {
    return String(thrown);
  } catch {
    return "the thrown object cannot be converted to a string";
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Most methods answer synchronously. Only those that use a folder return a promise, and only these are awaited.
function answer(request) {
  if (!isObject(request) || typeof request.method !== "string") {
    return failure(null, INVALID_REQUEST, "expected a request: an object with a method");
  }
  const { id = null, method, params = {} } = request;
  if (!Object.hasOwn(methods, method)) return failure(id, NOT_SUPPORTED, `${method} is not supported`);
  if (!isObject(params)) return failure(id, INVALID_PARAMS, `params of ${method} must be an object`);
  try {
    const result = methods[method](params);
    if (!(result instanceof Promise)) return success(id, result);
    return result.then((value) => success(id, value)).catch((error) => raised(id, error));
  } catch (error) {
    return raised(id, error);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function answerLine(bytes) {
  let message;
  try {
    message = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    return failure(null, PARSE_ERROR, `not a JSON message: ${error.message}`);
  }
  if (!Array.isArray(message) || message.length === 0) return answer(message);
  const answers = [];
  for (const request of message) {
    const given = answer(request);
    answers.push(given instanceof Promise ? await given : given);
  }
  return answers;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function send(message) {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  if (bytes.length > MAX_LINE_BYTES) {
    const problem = `the answers make a line of ${bytes.length} bytes; send smaller batches`;
    return send(failure(null, INTERNAL_ERROR, problem));
  }
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(wireOut, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1); // the pipe is non-blocking and full
    }
  }
}

// Splits the input into lines, as bytes. A line that is too long is yielded as null, and its bytes are not buffered.
async function* linesOf(input) {
  let parts = [];
  let size = 0;
  const take = () => {
    const line = size > MAX_LINE_BYTES ? null : Buffer.concat(parts);
    parts = [];
    size = 0;
    return line;
  };
  const add = (part) => {
    size += part.length;
    if (size > MAX_LINE_BYTES) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (size > 0) yield take();
}

noteLines(); // what loading executes
for await (const line of linesOf(wireIn)) {
  const answered =
    line === null
      ? failure(null, PARSE_ERROR, `a line above ${MAX_LINE_BYTES} bytes; send smaller batches`)
      : await answerLine(line);
  noteLines();
  send(answered);
}
leave(0);
