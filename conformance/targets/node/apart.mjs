// Imports a checkout, and keeps what it does to its process away from the harness: handlers, exits, timers, standard
// input, changed globals.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { withRealTimers } from "./machine.mjs";

const HANDLERS = ["on", "once", "addListener", "prependListener", "prependOnceListener"];
const EXITS = ["exit", "reallyExit", "abort"];
const realExit = process.exit;
const realReallyExit = process.reallyExit;

export async function keepApart(url) {
  let when = "while it was imported";
  const leave = (message) => {
    console.error(message);
    process.reallyExit = realReallyExit; // which the real exit looks up
    realExit.call(process, 1);
  };
  const place = (error) => placeIn(fileURLToPath(url), error);
  for (const name of HANDLERS) process[name] = () => process;
  for (const name of EXITS) {
    process[name] = (code = "") =>
      leave(
        `the checkout called process.${name}(${code}) ${when}${place(new Error())}\n` +
          "It must leave the process alone: throw an error instead, or do it in the command that starts the plugin",
      );
  }
  Object.defineProperty(process, "stdin", { get: () => Readable.from([]), configurable: true });
  const folder = process.cwd();
  try {
    return await withRealTimers(() => importAndPutBack(url));
  } catch (error) {
    return leave(
      `the checkout could not be imported: ${error?.stack?.split("\n    at ")[0] ?? String(error)}${place(error)}\n` +
        "Selection and config must load without the plugin's host; make this line wait until it is called",
    );
  } finally {
    process.chdir(folder);
    when = "in a call";
  }
}

async function importAndPutBack(url) {
  const putBack = remember();
  try {
    return await import(url);
  } finally {
    putBack();
  }
}

// What a checkout replaces of the language and of Node is put back; what it adds stays.
function remember() {
  const kept = [globalThis, process, console, JSON, Math, Date, Object, Array, Promise, Reflect, Buffer];
  kept.push(...[Object, Array, Map, Set, String, Promise].map((type) => type.prototype));
  const properties = kept.map((holder) => [holder, Object.getOwnPropertyDescriptors(holder)]);
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { ownKeys } = Reflect;
  return () => {
    for (const [holder, before] of properties) {
      for (const name of ownKeys(before)) {
        const [old, now] = [before[name], getOwnPropertyDescriptor(holder, name)];
        const isSame = now && now.value === old.value && now.get === old.get && now.set === old.set;
        if (!isSame && old.configurable) defineProperty(holder, name, old);
      }
    }
  };
}

// Where in the checkout's own files an error comes from, by the source map beside the bundle.
function placeIn(bundle, error) {
  const frame = String(error?.stack).split(bundle)[1]?.match(/^:(\d+):(\d+)/);
  if (!frame) return "";
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
  const { originalSource, originalLine } = map.findEntry(Number(frame[1]) - 1, Number(frame[2]) - 1);
  return originalSource === undefined ? "" : `, at ${originalSource}:${originalLine + 1}`;
}
