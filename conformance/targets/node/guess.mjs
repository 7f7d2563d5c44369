// Suggests a mapping (docs/forks.md) from the methods of a class and the names of their parameters.

// Values of the wire, and the usual names of parameters for them.
const USUAL_NAMES = {
  auth: /^(auth|authFallback|fallback)$/,
  pool: /^(pool|stored|storedAccounts|storage|accounts|data)$/,
  family: /^(family|modelFamily)$/,
  model: /^(model|modelId|modelName)$/,
  strategy: /^(strategy|selectionStrategy|mode)$/,
  header_style: /^(headerStyle|style)$/,
  pid_offset_enabled: /^(pidOffsetEnabled|pidOffset|usePidOffset)$/,
  soft_quota_threshold_percent: /^softQuotaThreshold/,
  soft_quota_cache_ttl_ms: /^softQuota\w*Ttl/,
  account: /^(account|acc|a)$/,
  index: /^(index|accountIndex)$/,
  clock: /^(now|clock|getNow)$/,
  pid: /^(pid|processId)$/,
  random: /^(random|rng)$/,
};
const SELECTS = [/^getCurrentOrNext/, /^(select|pick|choose|acquire|next)/, /(current|next|select|pick)\w*account/i];

// The names of the parameters in the source of a function. A destructured parameter is a list of its keys.
export function parametersOf(source) {
  const start = source.indexOf("(");
  let depth = 0;
  let part = "";
  const parts = [];
  for (const letter of start < 0 ? "" : source.slice(start)) {
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    if ((letter === "," && depth === 1) || depth === 0) parts.push(part);
    if (depth === 0) break;
    part = letter === "," && depth === 1 ? "" : part + (letter === "(" && depth === 1 ? "" : letter);
  }
  return parts.map((text) => text.trim()).filter(Boolean).map(nameOf);
}

function nameOf(text) {
  if (!text.startsWith("{")) return text.split("=")[0].trim();
  const keys = text.slice(1, text.lastIndexOf("}")).split(",");
  return keys.map((key) => key.split(/[:=]/)[0].trim()).filter(Boolean);
}

// esbuild appends a number to names that occur in two modules.
function valueOf(name) {
  const plain = String(name).replace(/\d+$/, "");
  return Object.keys(USUAL_NAMES).find((value) => USUAL_NAMES[value].test(plain)) ?? `?${name}`;
}

// The parameter as TOML. An unknown name begins with a question mark, which the kit refuses until the user replaces it.
function toml(parameter) {
  if (typeof parameter === "string") return JSON.stringify(valueOf(parameter));
  return `{ ${parameter.map((key) => `${key} = ${JSON.stringify(valueOf(key))}`).join(", ")} }`;
}

export function methodsOf(Manager) {
  const methods = new Map();
  for (let held = Manager.prototype; held && held !== Object.prototype; held = Object.getPrototypeOf(held)) {
    for (const name of Object.getOwnPropertyNames(held)) {
      const { value } = Object.getOwnPropertyDescriptor(held, name);
      if (typeof value === "function" && name !== "constructor" && !methods.has(name)) methods.set(name, value);
    }
  }
  return methods;
}

export function constructorParameters(Manager) {
  for (let held = Manager; typeof held === "function" && held.prototype; held = Object.getPrototypeOf(held)) {
    const source = String(held).match(/\bconstructor\s*\([^]*/)?.[0];
    if (source) return parametersOf(source);
  }
  return [];
}

// Whether the constructor takes these values, judging by the names of its parameters.
export function isUsual(Manager, values) {
  const taken = constructorParameters(Manager);
  return taken.length >= values.length && values.every((value, place) => valueOf(taken[place]) === value);
}

export function explainConstructor(Manager) {
  const parameters = constructorParameters(Manager);
  return [
    "[plugin.selection.calls.open]",
    `parameters = [${parameters.map(toml).join(", ")}]  # its constructor takes (${parameters.join(", ")})`,
  ].join("\n");
}

// The message if the class exists but has no method with the releases' name for selection.
export function explainSelect(Manager, className, name) {
  const methods = methodsOf(Manager);
  const likely = SELECTS.map((words) => [...methods.keys()].find((method) => words.test(method))).find(Boolean);
  const parameters = likely ? parametersOf(String(methods.get(likely))) : [];
  return [
    `the class ${className} has no method ${name}. Its methods: ${[...methods.keys()].join(", ")}.`,
    "Name the one that selects an account, and what it is given (docs/forks.md), or leave selection out:",
    "[plugin.selection.calls.select]",
    `name = ${JSON.stringify(likely ?? "?")}`,
    `parameters = [${parameters.map(toml).join(", ")}]`,
    explainConstructor(Manager),
  ].join("\n");
}
