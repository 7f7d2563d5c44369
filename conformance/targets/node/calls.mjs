// How the plugin's own methods are called: by calls.json as the releases have them, or as a checkout's mapping says.
import { readFileSync } from "node:fs";

const CALLS = JSON.parse(readFileSync(new URL("./calls.json", import.meta.url), "utf8"));

// What a call can be given beside the wire's parameters. `pid` and `clock` are for what takes them handed in.
const given = {
  auth: undefined,
  clock: () => Date.now(),
  random: () => Math.random(),
  get pid() {
    return process.pid;
  },
  get_pid: () => process.pid,
};

// A parameter is a name, or an object of the plugin's own key to a name.
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

const mentions = (parameters, name) =>
  parameters.some((parameter) => parameter === name || Object.values(Object(parameter)).includes(name));

export function callsOf({ selection, config, mapping }) {
  const calls = Object.fromEntries(
    Object.entries(CALLS).map(([name, usual]) => {
      const mapped = mapping.calls?.[name] ?? {};
      const parameters = mapped.parameters ?? usual.parameters;
      return [name, { name: mapped.name ?? usual.name, isMapped: "parameters" in mapped, parameters, arrange: arranger(parameters) }];
    }),
  );
  const Manager = selection?.[mapping.class ?? "AccountManager"];
  const prototype = Manager?.prototype ?? {};
  const can = (method) => typeof prototype[calls[method].name] === "function";
  const takes = (method, parameter) => mentions(calls[method].parameters, parameter);
  const load = config?.[calls.load_config.name];
  return {
    can,
    call: (manager, method, values) => manager[calls[method].name](...calls[method].arrange(values)),
    create: Manager && ((pool) => new Manager(...calls.open.arrange({ pool }))),
    load: typeof Manager?.[calls.load.name] === "function" && (() => Manager[calls.load.name](...calls.load.arrange({}))),
    loadConfig: typeof load === "function" && ((values) => load(...calls.load_config.arrange(values))),
    hasSoftQuota: calls.select.isMapped
      ? takes("select", "soft_quota_threshold_percent")
      : typeof prototype.isAccountOverSoftQuota === "function",
    waitsByStyle: calls.min_wait.isMapped ? takes("min_wait", "strict") : (prototype[calls.min_wait.name]?.length ?? 0) > 2,
  };
}
