// Loads the plugin's own modules: those of a release, unchanged, from the folder it was installed into, or the bundle
// of a checkout.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { isolate } from "./isolation.mjs";
import { withEnvironment, withRealTimers } from "./machine.mjs";

const ORIGINAL = "opencode-antigravity-auth";

const BUNDLE = "bundle.mjs";

// What is found: name, version, the release it claims to be (or null), its modules (null where there is none), and
// how it is called where that is not as the releases are (mapping; docs/forks.md).
export async function loadPackage(folder) {
  if (!folder) throw new Error("no folder was given; usage: node adapter.mjs FOLDER");
  const isBundle = existsSync(join(folder, BUNDLE));
  const loaded = await (isBundle ? loadBundle(folder) : withRealTimers(() => loadRelease(folder)));
  // Debugging is decided once for a process, by the variables at the first log line (1.6.0): without this, those of
  // one `load_config` would open a log file that all later calls write to.
  withEnvironment({}, null, () => loaded.debug?.initializeDebug?.({ debug: false, debug_tui: false }));
  return loaded;
}

async function loadRelease(folder) {
  const modules = join(folder, "dist/src/plugin");
  const needed = [join(folder, "package.json"), join(modules, "accounts.js"), join(modules, "config/loader.js")];
  const missing = needed.find((file) => !existsSync(file));
  if (missing) {
    throw new Error(`${missing} is missing; expected a package built as ${ORIGINAL} is. Build it, or install it from npm`);
  }
  const { name, version } = readJson(folder, "package.json");

  // Node names an importing module by where symbolic links lead to.
  const modulesUrl = pathToFileURL(join(realpathSync(join(folder, "dist")), "/")).href;
  register("./resolve.mjs", import.meta.url, { data: { modulesUrl } });
  const load = (file) => {
    const path = join(modules, file);
    return existsSync(path) ? import(pathToFileURL(path).href) : null;
  };
  return {
    name,
    version,
    profile: name === ORIGINAL ? version : null, // a fork counts its versions in its own way: it is like no release
    selection: await load("accounts.js"),
    config: await load("config/loader.js"),
    rotation: await load("rotation.js"), // since 1.3.0
    debug: await load("debug.js"),
    mapping: {},
  };
}

// What the kit built of a checkout (conformance/targets/checkout): one file, and beside it what it is called by.
async function loadBundle(folder) {
  const { name, version, mapping } = readJson(folder, "checkout.json");
  const url = pathToFileURL(join(folder, BUNDLE)).href;
  const { selection = null, config = null, rotation = null, debug = null } = await isolate(url);
  return { name, version, profile: null, selection, config, rotation, debug, mapping };
}

const readJson = (folder, file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
