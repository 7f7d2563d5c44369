// Asks an adapter the stored vectors. It needs no package, and no test framework.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

export const vectors = read("./vectors.json");
const known = read("./capabilities.json");
const releases = new Set(vectors.flatMap((vector) => vector.profiles));
const byId = new Map(vectors.map((vector) => [vector.id, vector]));

/** Listed keys decide; lists match item by item; {"$": "absent"} is a key that is not there. */
export function matches(expected, actual) {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) && expected.length === actual.length && expected.every((item, i) => matches(item, actual[i]))
    );
  }
  if (expected === null || typeof expected !== "object") return expected === actual;
  if (actual === null || typeof actual !== "object" || Array.isArray(actual)) return false;
  return Object.entries(expected).every(([key, wanted]) =>
    wanted?.$ === "absent" ? !Object.hasOwn(actual, key) : Object.hasOwn(actual, key) && matches(wanted, actual[key]),
  );
}

/** The vectors for an adapter with these capabilities that behaves like the release, or follows every rule. */
export function select(capabilities, release = "recommended") {
  const claimed = new Set(capabilities);
  const wrong = [...claimed].filter((capability) => !known.includes(capability));
  if (wrong.length > 0) throw new TypeError(`no such capability: ${wrong.join(", ")}; there are ${known.join(", ")}`);
  if (!releases.has(release)) throw new TypeError(`no such release: ${release}; there are ${[...releases].join(", ")}`);
  return vectors.filter((vector) => vector.profiles.includes(release) && vector.needs.every((need) => claimed.has(need)));
}

/** Sends the calls of a vector to a new adapter. Throws an AssertionError at the first wrong answer. */
export async function ask(create, vector) {
  const root = usesFiles(vector) ? prepare(vector.files ?? {}) : undefined;
  try {
    const adapter = create();
    for (const [position, call] of vector.calls.entries()) {
      const answer = replaced(await answered(adapter, call, root), root, "{root}");
      const where = `${vector.id}, ${call.method} (calls[${position}]): ${vector.title}`;
      if ("refusal" in call) assert.deepEqual(answer, { refusal: call.refusal }, where);
      else if (!("result" in answer)) assert.fail(`${where}: refused as ${answer.refusal}`);
      else if ("expect" in call && !matches(call.expect, answer.result)) {
        assert.deepEqual(answer.result, call.expect, where);
        assert.fail(where); // equal values of which a key must be absent
      }
    }
  } finally {
    if (root !== undefined) rmSync(root, { recursive: true });
  }
}

/** Whether a vector can be judged: not if another one, which has the same first calls, fails. */
export async function isJudgeable(create, vector) {
  if (vector.given === undefined) return true;
  return ask(create, byId.get(vector.given)).then(
    () => true,
    () => false,
  );
}

/** Defines one test per vector with the `test` function of a framework. */
export function define(test, adapter, { capabilities, release } = {}) {
  if (/^class\b/.test(String(adapter))) throw new TypeError("got a class; pass a function: () => new Port()");
  const create = typeof adapter === "function" ? adapter : () => adapter;
  const said = capabilities ? { capabilities } : create().hello?.({ wire: 1 });
  if (typeof said?.then === "function") throw new TypeError("hello() returned a promise; pass { capabilities: [...] }");
  const claimed = said?.capabilities;
  if (!Array.isArray(claimed)) throw new TypeError("pass { capabilities: [...] }, or return them in hello()");
  const chosen = select(claimed, release);
  if (chosen.length === 0) throw new Error(`no vector is for an adapter that claims only ${claimed.join(", ")}`);
  for (const vector of chosen) {
    test(`${vector.id} (${vector.requirements.join(", ")})`, async (context) => {
      if (!(await isJudgeable(create, vector))) return context.skip(`${vector.given} fails`);
      return ask(create, vector);
    });
  }
}

async function answered(adapter, { method, params }, root) {
  if (typeof adapter[method] !== "function") assert.fail(`the adapter has no method ${method}`);
  try {
    return { result: (await adapter[method](replaced(params, "{root}", root))) ?? null };
  } catch (error) {
    if (typeof error?.kind === "string") return { refusal: error.kind };
    throw error;
  }
}

const usesFiles = (vector) => vector.files !== undefined || JSON.stringify(vector.calls).includes("{root}");

function prepare(files) {
  const root = mkdtempSync(join(tmpdir(), "antigravity-conformance-"));
  for (const folder of ["home", "project"]) mkdirSync(join(root, folder));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.folder) {
      mkdirSync(path);
      utimesSync(path, 0, 0); // so that a folder which serves as a lock is long stale
    } else if (content.link !== undefined) symlinkSync(content.link, path);
    else if (content.base64 !== undefined) writeFileSync(path, Buffer.from(content.base64, "base64"));
    else writeFileSync(path, content.text);
  }
  return root;
}

/** A copy of the value with one text replaced in all strings and keys. */
function replaced(value, from, to) {
  if (from === undefined || to === undefined || value === null) return structuredClone(value);
  if (typeof value === "string") return value.replaceAll(from, to);
  if (Array.isArray(value)) return value.map((item) => replaced(item, from, to));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, from, to)]));
}
