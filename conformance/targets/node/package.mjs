// Loads the plugin's modules: those of an installed release, unchanged, or the bundle of a checkout.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { isolate } from "./isolation.mjs";
import { withEnvironment, withRealTimers } from "./machine.mjs";

const ORIGINAL = "opencode-antigravity-auth";

const BUNDLE = "bundle.mjs";

// Returns the name, the version, the release that the package claims to be (or null), its modules (null if missing), and
// the mapping of a checkout (docs/forks.md).
export async function loadPackage(folder) {
  if (!folder) throw new Error("no folder was given; usage: node adapter.mjs FOLDER");
  const isBundle = existsSync(join(folder, BUNDLE));
  const loaded = await (isBundle ? loadBundle(folder) : withRealTimers(() => loadRelease(folder)));
  // Release 1.6.0 reads the debug variables once, at the first log line. Without this call, the variables of one
  // `load_config` could open a log file for all later calls.
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

  // Once the hook is registered, its thread resolves and reads every module. The schema imports the hundred of zod.
  const schema = join(modules, "config/schema.js");
  const importsNoFile = existsSync(schema) && !/["']\.\.?\//.test(readFileSync(schema, "utf8"));
  if (importsNoFile) await import(pathToFileURL(schema).href);

  // Node resolves symbolic links in the URL of an importing module.
  const modulesUrl = pathToFileURL(join(realpathSync(join(folder, "dist")), "/")).href;
  register("./resolve.mjs", import.meta.url, { data: { modulesUrl } });
  const load = (file) => {
    const path = join(modules, file);
    return existsSync(path) ? import(pathToFileURL(path).href) : null;
  };
  return {
    name,
    version,
    profile: name === ORIGINAL ? version : null, // a fork has its own version numbers, so it claims no release
    selection: await load("accounts.js"),
    config: await load("config/loader.js"),
    rotation: await load("rotation.js"), // since 1.3.0
    storage: await load("storage.js"),
    debug: await load("debug.js"),
    mapping: {},
  };
}

// Loads the bundle of a checkout (conformance/targets/checkout), with checkout.json beside it.
async function loadBundle(folder) {
  const { name, version, mapping } = readJson(folder, "checkout.json");
  const url = pathToFileURL(join(folder, BUNDLE)).href;
  const { selection = null, config = null, rotation = null, storage = null, debug = null } = await isolate(url);
  return { name, version, profile: null, selection, config, rotation, storage, debug, mapping };
}

const readJson = (folder, file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
