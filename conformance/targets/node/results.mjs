// The types of the results of the wire (docs/wire.md). A result of the plugin is checked before it is sent, so that a
// wrong type is a failure of the plugin and not of this adapter.
const number = { says: "a number", accepts: Number.isFinite };
const whole = { says: "a whole number", accepts: Number.isInteger };
const text = { says: "a string", accepts: (value) => typeof value === "string" };
const flag = { says: "true or false", accepts: (value) => typeof value === "boolean" };
const style = { says: '"antigravity" or "gemini-cli"', accepts: (value) => value === "antigravity" || value === "gemini-cli" };
const anything = { says: "a value", accepts: () => true };

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isNothing = (value) => value === undefined || value === null;
const orNull = (type) => ({ ...type, says: `${type.says} or null`, accepts: (value) => value === null || type.accepts(value) });
const optional = (type) => ({ ...type, accepts: (value) => isNothing(value) || type.accepts(value) });
const listOf = (of) => ({ says: "an array", accepts: Array.isArray, of });
const recordOf = (of) => ({ says: "an object", accepts: isObject, of });
const object = (fields) => ({ says: "an object", accepts: isObject, fields });

const tokens = object({ tokens: number });
const RESULTS = {
  open: object({ accounts: listOf(anything) }),
  select: orNull(object({ label: text, index: whole })),
  mark_rate_limited_with_reason: object({ backoff_ms: number }),
  record_health: object({ score: number }),
  consume_token: object({ consumed: flag, ...tokens.fields }),
  refund_token: tokens,
  min_wait: object({ wait_ms: number }),
  soft_quota_wait: object({ wait_ms: orNull(number) }),
  has_other_account: object({ available: flag }),
  available_header_style: object({ header_style: orNull(style) }),
  pool_path: object({ path: text }),
  read_reason: object({ reason: text }),
  soft_quota_ttl: object({ ttl_ms: number }),
  snapshot: object({
    accounts: listOf(
      object({
        label: text,
        index: whole,
        enabled: optional(flag),
        last_used_ms: optional(number),
        rate_limit_reset_times_ms: optional(recordOf(anything)),
      }),
    ),
    cursor: optional(number),
    active_index_by_family: recordOf(optional(whole)),
  }),
  load_config: object({ config: recordOf(anything) }),
};

// `owner` is the name of the plugin's function that returned the result.
export function check(method, owner, result) {
  const problem = RESULTS[method] && problemIn(RESULTS[method], result ?? null, "");
  if (problem) throw new TypeError(`${owner} gave a result of the wrong type: ${problem}`);
  return result;
}

function problemIn(type, value, place) {
  if (isPromise(value) || !type.accepts(value)) {
    return `${place ? `${place} is ` : ""}${shown(value)}; expected ${type.says}`;
  }
  if (typeof value !== "object" || value === null) return null;
  const parts = type.fields ? Object.entries(type.fields) : Object.keys(type.of ? value : {}).map((key) => [key, type.of]);
  for (const [key, of] of parts) {
    const problem = problemIn(of, value[key], place ? `${place}.${key}` : key);
    if (problem) return problem;
  }
  return null;
}

const isPromise = (value) => isObject(value) && typeof value.then === "function";

const MAX_SHOWN = 80;

function shown(value) {
  if (isPromise(value)) return "a promise";
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  const words = typeof value === "string" ? JSON.stringify(value) : String(value);
  return words.length > MAX_SHOWN ? `${words.slice(0, MAX_SHOWN)}...` : words;
}
