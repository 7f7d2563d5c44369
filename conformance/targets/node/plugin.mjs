// The methods of the wire (docs/wire.md) for a published release or a checkout.
import { types } from "node:util";

import { callsOf } from "./calls.mjs";
import { fireTimers, machine, realPid, withEnvironment, withFolder } from "./machine.mjs";
import { loadPackage } from "./package.mjs";
import { check } from "./results.mjs";

export class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export class NotSupported extends Error {}

const TRACKERS = ["initHealthTracker", "getHealthTracker", "initTokenTracker", "getTokenTracker"];
const FAMILIES = ["claude", "gemini"]; // a fork may have others, but the wire has only these
const RECORDERS = { success: "recordSuccess", rate_limit: "recordRateLimit", failure: "recordFailure" };

// A method of a checkout may return a promise where that of a release returns a value.
const then = (value, next) => (types.isPromise(value) ? value.then(next) : next(value));

export async function loadPlugin(folder) {
  const plugin = await loadPackage(folder);
  const { name, version, profile } = plugin;
  const rotation = TRACKERS.every((tracker) => typeof plugin.rotation?.[tracker] === "function") && plugin.rotation;
  const calls = callsOf(plugin);
  const { can, takes, call, create, load, loadConfig, poolPath, readReason, softQuotaTtl, nameOf, labelOf } = calls;
  const hasSoftQuota = takes("select", "soft_quota_threshold_percent");
  const waitsByStyle = takes("min_wait", "strict");
  let manager = null;
  let home = null;
  let chosen = 0; // the number of the session; the others have their manager and home in `sessions`
  const sessions = new Map();

  const opened = () => {
    if (manager === null) throw new Refusal("not_open", "no pool is open; call `open` first");
    return manager;
  };
  const find = (label) => {
    const account = opened().accounts.find((candidate) => labelOf(candidate) === label);
    if (!account) throw new Refusal("unknown_account", `no account ${JSON.stringify(label)} is loaded`);
    return account;
  };
  // The position in the list can differ from `index`.
  const placed = (label) => {
    const account = find(label);
    return { account, label, index: account.index, position: manager.accounts.indexOf(account) };
  };
  const openedHome = () => {
    opened();
    if (home === null) throw new Refusal("no_folder", "the pool was passed as JSON, so there is no folder to write to");
    return home;
  };
  const done = (result) => then(result, () => null); // the result on the wire is null, whatever the plugin returns
  const named = (account) => account && { label: labelOf(account), index: account.index };

  const start = (loaded) => {
    manager = loaded;
    machine.drawn = 0; // loading may draw for device fingerprints, but the given numbers are for later calls
    return { accounts: loaded.accounts.map(labelOf) };
  };

  const selecting = {
    open({ pool, home: folderGiven, now_ms = 0, pid = null, random = [0.5], health, tokens }) {
      manager = null;
      home = folderGiven ?? null;
      if (home !== null && !load) throw new NotSupported(`${name} ${version} reads no folder`);
      Object.assign(machine, { nowMs: now_ms, pid, draws: random, drawn: 0, waiting: new Map() });
      // Trackers are global to the process, so every pool needs new ones.
      if (rotation) {
        rotation.initHealthTracker(camelCased(health));
        rotation.initTokenTracker(camelCased(tokens));
      }
      // The pool was parsed for this call only, so the release may keep and change it.
      if (home === null) return start(create(pool));
      return withFolder(home, load).then(start);
    },

    select({ family, strategy, header_style = "antigravity", model, pid_offset_enabled = false, ...soft }) {
      const soft_quota_threshold_percent = soft.soft_quota_threshold_percent ?? undefined;
      const soft_quota_cache_ttl_ms = soft.soft_quota_cache_ttl_ms ?? undefined;
      const quota = { soft_quota_threshold_percent, soft_quota_cache_ttl_ms };
      if (!hasSoftQuota && Object.values(quota).some((value) => value !== undefined)) {
        throw new NotSupported(`${version} has no soft quota`);
      }
      const asked = { family, model, strategy, header_style, pid_offset_enabled, ...quota };
      return then(call(opened(), "select", asked), named);
    },

    use_session({ session }) {
      sessions.set(chosen, { manager, home, waiting: machine.waiting });
      const other = sessions.get(session) ?? { manager: null, home: null, waiting: new Map() };
      ({ manager, home, waiting: machine.waiting } = other);
      chosen = session;
    },

    advance({ ms }) {
      opened();
      machine.nowMs += ms;
      return { now_ms: machine.nowMs };
    },

    snapshot: () => ({
      accounts: opened().accounts.map((account) => ({
        ...named(account),
        enabled: account.enabled, // undefined before 1.3.2, so JSON omits it
        last_used_ms: account.lastUsed,
        rate_limit_reset_times_ms: { ...account.rateLimitResetTimes },
        cooling_down_until_ms: account.coolingDownUntil,
      })),
      cursor: manager.cursor,
      active_index_by_family: Object.fromEntries(
        FAMILIES.map((family) => [family, manager.currentAccountIndexByFamily?.[family]]),
      ),
    }),

    ...(can("mark_rate_limited") && {
      mark_rate_limited({ label, retry_after_ms, family, header_style = "antigravity", model }) {
        const account = find(label);
        return done(call(manager, "mark_rate_limited", { account, retry_after_ms, family, header_style, model }));
      },
    }),

    ...(can("mark_cooling_down") && {
      mark_cooling_down({ label, cooldown_ms, reason }) {
        const account = find(label);
        return done(call(manager, "mark_cooling_down", { account, cooldown_ms, reason }));
      },
    }),

    ...(can("remove") && {
      remove({ label }) {
        const account = find(label);
        return done(call(manager, "remove", { account, index: account.index }));
      },
    }),

    ...(can("min_wait") && {
      min_wait({ family, model, header_style, strict = false }) {
        if (strict && !waitsByStyle) throw new NotSupported(`${version} does not tell header styles apart in min_wait`);
        return then(call(opened(), "min_wait", { family, model, header_style, strict }), (wait_ms) => ({ wait_ms }));
      },
    }),

    ...(load &&
      can("save") && {
        save: () => done(withFolder(openedHome(), () => call(manager, "save", {}))),
      }),

    // The release starts a timer, and its `flush_save` waits until that has fired.
    ...(load &&
      can("request_save") &&
      can("flush_save") && {
        request_save: () => openedHome() && done(call(manager, "request_save", {})),
        flush_save: () => done(withFolder(openedHome(), () => fireTimers(call(manager, "flush_save", {})))),
      }),

    ...(can("mark_rate_limited_with_reason") && {
      mark_rate_limited_with_reason({ label, family, header_style = "antigravity", model, reason, ...durations }) {
        const account = find(label);
        const retry_after_ms = durations.retry_after_ms ?? undefined;
        const failure_ttl_ms = durations.failure_ttl_ms ?? undefined; // 1.3.0 ignores it: failures never expire there
        const asked = { account, family, header_style, model, reason, retry_after_ms, failure_ttl_ms };
        return then(call(manager, "mark_rate_limited_with_reason", asked), (backoff_ms) => ({ backoff_ms }));
      },
    }),

    ...(can("mark_success") && {
      mark_success({ label }) {
        const account = find(label);
        return done(call(manager, "mark_success", { account, index: account.index }));
      },
    }),

    ...(can("mark_used") && {
      mark_used({ label }) {
        const account = find(label);
        return done(call(manager, "mark_used", { account, index: account.index }));
      },
    }),

    ...(can("set_enabled") && {
      set_enabled({ label, enabled }) {
        return done(call(opened(), "set_enabled", { ...placed(label), enabled }));
      },
    }),

    ...(can("reset_limits") && {
      reset_limits({ family, model }) {
        return done(call(opened(), "reset_limits", { family, model }));
      },
    }),

    ...(can("has_other_account") && {
      has_other_account({ label, family, model }) {
        const account = find(label);
        const asked = { account, index: account.index, family, model };
        return then(call(manager, "has_other_account", asked), (available) => ({ available }));
      },
    }),

    ...(can("available_header_style") && {
      available_header_style({ label, family, model }) {
        const account = find(label);
        const asked = { account, index: account.index, family, model };
        return then(call(manager, "available_header_style", asked), (header_style) => ({ header_style }));
      },
    }),

    ...(can("update_quota") && {
      update_quota({ label, quota }) {
        return done(call(opened(), "update_quota", { ...placed(label), quota }));
      },
    }),

    ...(can("require_verification") && {
      require_verification({ label, message, url }) {
        return done(call(opened(), "require_verification", { ...placed(label), message, url }));
      },
    }),

    ...(can("clear_verification") && {
      clear_verification({ label, enable = false }) {
        return done(call(opened(), "clear_verification", { ...placed(label), enable }));
      },
    }),

    ...(can("soft_quota_wait") && {
      soft_quota_wait({ family, model, ...soft }) {
        const soft_quota_threshold_percent = soft.soft_quota_threshold_percent ?? 100;
        const soft_quota_cache_ttl_ms = soft.soft_quota_cache_ttl_ms ?? 600_000;
        const asked = { family, model, soft_quota_threshold_percent, soft_quota_cache_ttl_ms };
        return then(call(opened(), "soft_quota_wait", asked), (wait_ms) => ({ wait_ms }));
      },
    }),

    ...(rotation && {
      record_health({ label, outcome }) {
        const { index } = find(label);
        const tracker = rotation.getHealthTracker();
        tracker[RECORDERS[outcome]](index);
        return { score: tracker.getScore(index) };
      },
      consume_token({ label, amount = 1 }) {
        const { index } = find(label);
        const tracker = rotation.getTokenTracker();
        return { consumed: tracker.consume(index, amount), tokens: tracker.getTokens(index) };
      },
      refund_token({ label, amount = 1 }) {
        const { index } = find(label);
        const tracker = rotation.getTokenTracker();
        tracker.refund(index, amount);
        return { tokens: tracker.getTokens(index) };
      },
    }),
  };

  const configuring = {
    load_config({ directory, home: user, environment = {}, platform = "linux" }) {
      const seen = { ...environment, HOME: user };
      const asked = { directory, home: user, environment: seen, platform };
      return then(
        withEnvironment(seen, platform, () => loadConfig(asked)),
        (config) => ({ config }),
      );
    },
  };

  const reading = {
    ...(poolPath && {
      pool_path({ home: user, environment = {}, platform = "linux" }) {
        const seen = { ...environment, HOME: user };
        return then(
          withEnvironment(seen, platform, () => poolPath({ home: user, environment: seen, platform })),
          (path) => ({ path }),
        );
      },
    }),

    ...(readReason && {
      read_reason({ reason, message, status }) {
        const asked = { reason: reason ?? undefined, message: message ?? undefined, status: status ?? undefined };
        return then(readReason(asked), (found) => ({ reason: found }));
      },
    }),

    ...(softQuotaTtl && {
      soft_quota_ttl({ soft_quota_cache_ttl_minutes = "auto", quota_refresh_interval_minutes = 15 }) {
        const asked = { soft_quota_cache_ttl_minutes, quota_refresh_interval_minutes };
        return then(softQuotaTtl(asked), (ttl_ms) => ({ ttl_ms }));
      },
    }),
  };

  const checked = (method, answer) => (params) =>
    then(answer(params), (result) => check(method, nameOf(method), result));

  const methods = {
    hello: () => ({ name, version, language: "javascript", profile: profile ?? undefined, capabilities, pid: realPid }),
    close() {
      manager = null;
    },
    ...(create && selecting),
    ...(loadConfig && configuring),
    ...reading,
  };

  // Derived from the methods, never from the version number, because a fork has its own version numbers.
  const has = (method, ...words) => (methods[method] ? words : []);
  const capabilities = [
    ...has("select", "sticky", "clock", "random"),
    ...(takes("select", "strategy") ? has("select", "round-robin", "hybrid") : []),
    ...(takes("select", "pid_offset_enabled") ? has("select", "pid", "offset") : []),
    ...has("mark_rate_limited", "limits", "stored-state"),
    ...(takes("mark_rate_limited", "header_style") ? has("mark_rate_limited", "header-styles") : []),
    ...has("mark_cooling_down", "cooldown"),
    ...has("remove", "remove"),
    ...has("min_wait", "min-wait"),
    ...has("snapshot", "snapshot"),
    ...(create && load ? ["storage"] : []),
    ...has("save", "save"),
    ...has("flush_save", "delayed-save"),
    ...has("load_config", "config", "environment", "platform"),
    ...(methods.mark_success ? has("mark_rate_limited_with_reason", "backoff") : []),
    ...has("mark_used", "used"),
    // 1.4.3 skips accounts that are disabled in the pool, but cannot disable one, so it does not claim `enabled`.
    ...has("set_enabled", "enabled"),
    ...has("reset_limits", "reset-limits"),
    ...has("has_other_account", "other-account"),
    ...(waitsByStyle ? has("min_wait", "strict-wait") : []),
    ...(hasSoftQuota ? has("soft_quota_wait", "soft-quota") : []),
    ...has("record_health", "health", "tokens"),
    ...has("available_header_style", "available-style"),
    ...has("update_quota", "update-quota"),
    ...(methods.clear_verification ? has("require_verification", "verification") : []),
    ...has("use_session", "sessions"),
    ...has("pool_path", "pool-path"),
    ...has("read_reason", "reason"),
    ...has("soft_quota_ttl", "soft-quota-ttl"),
  ];
  return Object.fromEntries(Object.entries(methods).map(([method, answer]) => [method, checked(method, answer)]));
}

function camelCased(settings) {
  const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(settings ?? {}).map(([name, value]) => [camel(name), value]));
}
