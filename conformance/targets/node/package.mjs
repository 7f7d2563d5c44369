// Loads a release's own modules, unchanged, from the folder it was installed into.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { stopTimers, withEnvironment } from "./machine.mjs";

const ORIGINAL = "opencode-antigravity-auth";

export async function loadPackage(folder) {
  if (!folder) throw new Error("no package folder was given; usage: node adapter.mjs PACKAGE_FOLDER");
  const modules = join(folder, "dist/src/plugin");
  const needed = [join(folder, "package.json"), join(modules, "accounts.js"), join(modules, "config/loader.js")];
  const missing = needed.find((file) => !existsSync(file));
  if (missing) {
    throw new Error(`${missing} is missing; expected a package built as ${ORIGINAL} is. Build it, or install it from npm`);
  }
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

  // Node names an importing module by where symbolic links lead to.
  const modulesUrl = pathToFileURL(join(realpathSync(join(folder, "dist")), "/")).href;
  register("./resolve.mjs", import.meta.url, { data: { modulesUrl } });
  const load = (file) => {
    const path = join(modules, file);
    return existsSync(path) ? import(pathToFileURL(path).href) : null;
  };
  const { AccountManager } = await load("accounts.js");
  const { loadConfig } = await load("config/loader.js");
  const rotation = await load("rotation.js"); // since 1.3.0

  // Debugging is decided once for a process, by the variables at the first log line (1.6.0): without this, those of
  // one `load_config` would open a log file that all later calls write to.
  const debug = await load("debug.js");
  withEnvironment({}, null, () => debug?.initializeDebug?.({ debug: false, debug_tui: false }));

  stopTimers();
  // A fork counts its versions in its own way, so it claims to be like no release.
  return { name, version, profile: name === ORIGINAL ? version : null, AccountManager, loadConfig, rotation };
}
