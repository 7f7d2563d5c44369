// Imports a checkout, and shields the adapter from its effects on the process: handlers, exits, timers, standard input
// and changed globals.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { leave, withRealTimers } from "./machine.mjs";

const HANDLERS = ["on", "once", "addListener", "prependListener", "prependOnceListener"];
const EXITS = ["exit", "reallyExit", "abort"];

export async function isolate(url) {
  const bundle = fileURLToPath(url);
  let when = "while it was imported";
  let isTold = false;
  const tell = (message) => {
    isTold = true;
    console.error(message);
    leave(1);
  };
  process.on("exit", () => {
    if (isTold || when === "in a call") return;
    console.error("the import of the checkout never ends: it awaits a promise that nothing can resolve");
  });
  // An unhandled error of the checkout is allowed, as in the plugin's host. One of the adapter itself still ends it.
  process.on("uncaughtException", (error) => {
    if (!String(error?.stack).includes(bundle)) tell(error?.stack ?? String(error));
    console.error(`the checkout raised an error that no code handles${placeIn(bundle, error)}:`, error);
  });
  for (const name of HANDLERS) process[name] = () => process;
  for (const name of EXITS) {
    process[name] = (code = "") =>
      tell(
        `the checkout called process.${name}(${code}) ${when}${placeIn(bundle, new Error())}\n` +
          "Its modules must not end the process: throw an error, or move this call into the command that starts the plugin",
      );
  }
  Object.defineProperty(process, "stdin", { get: () => Readable.from([]), configurable: true });
  const folder = process.cwd();
  try {
    return await withRealTimers(() => importAndPutBack(url));
  } catch (error) {
    return tell(
      `the checkout could not be imported: ${error?.stack?.split("\n    at ")[0] ?? String(error)}` +
        `${placeIn(bundle, error)}\n` +
        "Selection and config must load without the plugin's host; move this line into a function that runs later",
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

// Restores built-in objects that the import of a checkout replaced. Additions stay.
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

// The place of an error in the checkout's own files, by the source map beside the bundle.
function placeIn(bundle, error) {
  const frames = String(error?.stack).split(bundle).slice(1);
  const places = frames.map((frame) => frame.match(/^:(\d+):(\d+)/)).filter(Boolean);
  if (places.length === 0) return "";
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
  for (const [, line, column] of places) {
    const { originalSource, originalLine } = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (originalSource && !originalSource.startsWith("..")) return `, at ${originalSource}:${originalLine + 1}`;
  }
  return "";
}
