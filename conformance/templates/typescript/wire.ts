// The wire: reads calls from standard input and writes the answers to standard output. It needs no change.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Request = { id: number; method: string; params?: Json };
type Response = { jsonrpc: "2.0"; id: number | null } & (
  | { result: unknown }
  | { error: { code: number; message: string; data?: Json } }
);

/** Throw this to refuse a call. */
export class Refusal extends Error {
  readonly kind: "not_open" | "unknown_account" | "no_folder";

  constructor(kind: "not_open" | "unknown_account" | "no_folder") {
    super(kind);
    this.kind = kind;
  }
}

/** Throw this if the port does not have what a call asks for, such as a strategy. */
export class NotSupported extends Error {}

/** Answers the lines of standard input until it ends. What the port prints goes to standard error. */
export async function serve(port: object): Promise<void> {
  console.log = console.info = console.error;
  process.stdin.setEncoding("utf8");
  let rest = ""; // the beginning of a line
  for await (const chunk of process.stdin) {
    rest += chunk;
    if (!chunk.includes("\n")) continue;
    const lines = rest.split("\n"); // `readline` would also end a line at U+2028, which JSON allows in a string
    rest = lines.pop() ?? "";
    for (const line of lines) process.stdout.write(`${await answerLine(port, line)}\n`);
  }
}

/** Answers one request, or a batch in its order. */
async function answerLine(port: object, line: string): Promise<string> {
  let message: Request | Request[];
  try {
    message = JSON.parse(line);
  } catch (error) {
    return JSON.stringify(failure(null, -32700, String(error)));
  }
  if (!Array.isArray(message)) return JSON.stringify(await answer(port, message));
  const answers = [];
  for (const request of message) answers.push(await answer(port, request));
  return JSON.stringify(answers);
}

async function answer(port: object, { id, method, params = {} }: Request): Promise<Response> {
  try {
    const known: unknown = method in Object.prototype ? undefined : Reflect.get(port, method);
    if (typeof known !== "function") throw new NotSupported();
    return { jsonrpc: "2.0", id, result: (await known.call(port, params)) ?? null };
  } catch (error) {
    if (error instanceof Refusal) return failure(id, 1, error.message, { refusal: error.kind });
    if (error instanceof NotSupported) return failure(id, -32601, `${method} is not supported`);
    console.error(error);
    return failure(id, -32603, String(error));
  }
}

function failure(id: number | null, code: number, message: string, data?: Json): Response {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}
