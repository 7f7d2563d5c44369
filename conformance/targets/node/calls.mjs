// Calls the plugin's methods: by calls.json for releases, or by the mapping of a checkout.
import { readFileSync } from "node:fs";

import { explainConstructor, explainSelect, isUsual, parametersOf } from "./guess.mjs";

const CALLS = JSON.parse(readFileSync(new URL("./calls.json", import.meta.url), "utf8"));

// The constructor takes other parameters than in the releases, so the checkout cannot be judged without a mapping.
export class Unmapped extends Error {}

// Additional values for calls. `pid`, `clock` and `random` are for code with injected dependencies.
const given = {
  auth: undefined,
  credentials: { type: "oauth", refresh: "", access: "", expires: 0 }, // for code that requires them
  clock: () => Date.now(),
  random: () => Math.random(),
  get pid() {
    return process.pid;
  },
  get_pid: () => process.pid,
};

// A parameter is a name, or an object that maps the plugin's own keys to names.
function arranger(parameters) {
  const readers = parameters.map((parameter) => {
    if (typeof parameter === "string") return (values) => values[parameter];
    const keys = Object.entries(parameter);
    return (values) => Object.fromEntries(keys.map(([key, name]) => [key, values[name]]));
  });
  return (values) => {
    const all = Object.assign(Object.create(given), values);
    return readers.map((read) => read(all));
  };
}

const mentions = (parameter, value) => parameter === value || Object.values(Object(parameter)).includes(value);

// `mapping` is empty for a release.
export function callsOf({ selection, config, storage, mapping }) {
  const calls = Object.fromEntries(
    Object.entries(CALLS).map(([method, usual]) => {
      const own = mapping.calls?.[method];
      const { name = usual.name, parameters = usual.parameters } = own ?? {};
      return [method, { name, parameters, arrange: arranger(parameters), leftOut: own === false }];
    }),
  );
  const className = mapping.class ?? "AccountManager";
  const Manager = selection?.[className];
  const has = (holder, method) => !calls[method].leftOut && typeof holder?.[calls[method].name] === "function";
  const can = (method) => has(Manager?.prototype, method);
  const declaredBy = (method) => (can(method) ? parametersOf(String(Manager.prototype[calls[method].name])) : []);
  // A fork may find an account by its refresh token where the releases take its position.
  for (const [method, usual] of Object.entries(calls)) {
    const declared = mapping.calls?.[method]?.parameters ? [] : declaredBy(method);
    const byToken = (value, place) => value === "position" && /token\d*$/i.test(declared[place]);
    usual.arrange = arranger(usual.parameters.map((value, place) => (byToken(value, place) ? "label" : value)));
  }
  // The mapping lists the parameters of a method. Without it, count them in the source of the method.
  const takes = (method, value) => {
    const { parameters } = calls[method];
    if (mapping.calls?.[method]?.parameters) return parameters.some((given) => mentions(given, value));
    const declared = declaredBy(method);
    return parameters.indexOf(value) < declared.length || String(declared.at(-1)).startsWith("...");
  };
  const load = config?.[calls.load_config.name];
  // A function of a module, which needs no pool; null if the module lacks it.
  const functionOf = (module, method) =>
    has(module, method) ? (values) => module[calls[method].name](...calls[method].arrange(values)) : null;
  if (selection && !Manager) throw missing("selection", "class", className, selection);
  if (selection && !can("select")) throw new Error(explainSelect(Manager, className, calls.select.name));
  if (config && typeof load !== "function") throw missing("config", "function", calls.load_config.name, config);
  return {
    can,
    takes,
    call: (manager, method, values) => manager[calls[method].name](...calls[method].arrange(values)),
    create: Manager && constructorOf(Manager, calls.open, mapping),
    load: has(Manager, "load") && (() => Manager[calls.load.name](...calls.load.arrange({}))),
    poolPath: functionOf(storage, "pool_path"),
    readReason: functionOf(selection, "read_reason"),
    softQuotaTtl: functionOf(selection, "soft_quota_ttl"),
    loadConfig: load && ((values) => load(...calls.load_config.arrange(values))),
    nameOf: (method) => calls[method]?.name ?? method,
    labelOf: reader(mapping.label ?? "parts.refreshToken"),
  };
}

function missing(part, kind, name, module) {
  const exported = Object.keys(module).join(", ") || "nothing";
  return new Error(
    `the module of ${part} exports no ${kind} ${name}; it exports ${exported}. ` +
      `Write ${kind} = "..." below [plugin.${part}] (docs/forks.md)`,
  );
}

// After the constructor has succeeded once, its parameters are right, and a later exception is a failure of its own.
function constructorOf(Manager, open, mapping) {
  let isMapped = !mapping.calls || mapping.calls.open || isUsual(Manager, open.parameters);
  return (pool) => {
    try {
      const manager = new Manager(...open.arrange({ pool }));
      isMapped = true;
      return manager;
    } catch (error) {
      if (isMapped) throw error;
      throw new Unmapped(`its constructor threw ${error}. If the pool is in order, map it:\n${explainConstructor(Manager)}`);
    }
  };
}

// Reads a nested property, such as parts.refreshToken.
const reader = (path) => {
  const names = path.split(".");
  return (holder) => names.reduce((value, name) => value?.[name], holder);
};
