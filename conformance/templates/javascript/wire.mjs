// The wire: reads calls from standard input and writes the answers to standard output. It needs no change.

/** Throw this to refuse a call. The kinds are `not_open`, `unknown_account` and `no_folder`. */
export class Refusal extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/** Throw this if the port does not have what a call asks for, such as a strategy. */
export class NotSupported extends Error {}

/** Answers the lines of standard input until it ends. What the port prints goes to standard error. */
export async function serve(port) {
  console.log = console.info = console.error;
  process.stdin.setEncoding("utf8");
  let rest = ""; // the beginning of a line
  for await (const chunk of process.stdin) {
    rest += chunk;
    if (!chunk.includes("\n")) continue;
    const lines = rest.split("\n"); // `readline` would also end a line at U+2028, which JSON allows in a string
    rest = lines.pop();
    for (const line of lines) process.stdout.write(`${await answerLine(port, line)}\n`);
  }
}

/** Answers one request, or a batch in its order. */
async function answerLine(port, line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch (error) {
    return JSON.stringify(failure(null, -32700, error.message));
  }
  if (!Array.isArray(message)) return JSON.stringify(await answer(port, message));
  const answers = [];
  for (const request of message) answers.push(await answer(port, request));
  return JSON.stringify(answers);
}

async function answer(port, { id, method, params = {} }) {
  try {
    const known = typeof port[method] === "function" && !(method in Object.prototype);
    if (!known) throw new NotSupported();
    return { jsonrpc: "2.0", id, result: (await port[method](params)) ?? null };
  } catch (error) {
    if (error instanceof Refusal) return failure(id, 1, error.message, { refusal: error.kind });
    if (error instanceof NotSupported) return failure(id, -32601, `${method} is not supported`);
    console.error(error);
    return failure(id, -32603, String(error));
  }
}

function failure(id, code, message, data) {
  return { jsonrpc: "2.0", id, error: { code, message, data } };
}
