// Runs the stored vectors against `port.mjs`, with nothing but Node: `node --test docs/examples/javascript`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { Port, Refusal, capabilities } from "./port.mjs";

const FOLDER = new URL("../../../fixtures/vectors/", import.meta.url);

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

function ask(port, { method, params }) {
  try {
    return { result: port[method](params) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error.kind };
    throw error;
  }
}

function* vectors() {
  for (const section of readdirSync(FOLDER, { withFileTypes: true })) {
    if (!section.isDirectory()) continue;
    const folder = new URL(`${section.name}/`, FOLDER);
    for (const name of readdirSync(folder)) yield JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  }
}

let asked = 0;
for (const vector of vectors()) {
  const holds = vector.recommended !== false && vector.needs.every((need) => capabilities.includes(need));
  if (!holds) continue;
  asked += 1;
  test(vector.id, () => {
    const port = new Port();
    vector.calls.forEach((call, position) => {
      const answer = ask(port, call);
      const where = `calls.${position}: ${call.method} answered ${JSON.stringify(answer)}`;
      if ("refusal" in call) assert.equal(answer.refusal, call.refusal, where);
      else if ("expect" in call) assert.ok("result" in answer && matches(call.expect, answer.result), where);
      else assert.ok("result" in answer, where);
    });
  });
}

test("vectors were asked at all", () => assert.ok(asked > 0));
