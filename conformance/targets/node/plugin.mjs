// The wire's methods over a published release, which is loaded unchanged. Names and shapes: docs/wire.md.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { machine, realPid, withEnvironment, withRealTimers } from "./machine.mjs";

export class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export async function loadPlugin(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const load = async (file) => {
    const path = join(folder, "dist/src/plugin", file);
    return existsSync(path) ? import(pathToFileURL(path).href) : null;
  };
  const { AccountManager } = await load("accounts.js");
  const { loadConfig } = await load("config/loader.js");
  const rotation = await load("rotation.js"); // 1.2.8 has none
  const can = (method) => typeof AccountManager.prototype[method] === "function";
  let manager = null;
  let home = null;

  const opened = () => {
    if (manager === null) throw new Refusal("not_open", "no pool is open; call `open` first");
    return manager;
  };
  const find = (label) => {
    const account = opened().getAccounts().find((candidate) => candidate.parts.refreshToken === label);
    if (!account) throw new Refusal("unknown_account", `no account ${JSON.stringify(label)} is loaded`);
    return account;
  };
  const named = (account) => account && { label: account.parts.refreshToken, index: account.index };

  const methods = {
    hello: () => ({ name, version, language: "javascript", profile: version, capabilities, pid: realPid }),

    open({ pool, home: folderGiven, now_ms = 0, pid = null, random = [], health = null, tokens = null }) {
      Object.assign(machine, { nowMs: now_ms, pid, draws: random, drawn: 0 });
      manager = null;
      home = folderGiven ?? null;
      // Trackers live as long as the process: new ones take the place of those that an earlier pool has used.
      rotation?.initHealthTracker(health === null ? {} : camelCased(health));
      rotation?.initTokenTracker(tokens === null ? {} : camelCased(tokens));
      const done = (made) => {
        manager = made;
        return { accounts: made.getAccounts().map((account) => account.parts.refreshToken) };
      };
      if (home === null) return done(new AccountManager(undefined, structuredClone(pool)));
      return onDisk(() => AccountManager.loadFromDisk(undefined)).then(done);
    },

    select({ family, strategy, header_style = "antigravity", model, ...rest }) {
      const soft = [rest.soft_quota_threshold_percent ?? undefined, rest.soft_quota_cache_ttl_ms ?? undefined];
      const offset = rest.pid_offset_enabled ?? false;
      return named(opened().getCurrentOrNextForFamily(family, model, strategy, header_style, offset, ...soft));
    },

    mark_rate_limited({ label, retry_after_ms, family, header_style = "antigravity", model }) {
      opened().markRateLimited(find(label), retry_after_ms, family, header_style, model);
      return null;
    },

    advance({ ms }) {
      opened();
      machine.nowMs += ms;
      return { now_ms: machine.nowMs };
    },

    snapshot: () => ({
      accounts: opened().getAccounts().map((account) => ({
        ...named(account),
        ...(account.enabled === undefined ? {} : { enabled: account.enabled }),
        last_used_ms: account.lastUsed,
        rate_limit_reset_times_ms: { ...account.rateLimitResetTimes },
        ...(account.coolingDownUntil === undefined ? {} : { cooling_down_until_ms: account.coolingDownUntil }),
      })),
      cursor: manager.cursor,
      active_index_by_family: { ...manager.currentAccountIndexByFamily },
    }),

    mark_cooling_down({ label, cooldown_ms, reason }) {
      opened().markAccountCoolingDown(find(label), cooldown_ms, reason);
      return null;
    },

    remove({ label }) {
      opened().removeAccount(find(label));
      return null;
    },

    min_wait: ({ family, model, header_style, strict = false }) => ({
      wait_ms: opened().getMinWaitTimeForFamily(family, model, header_style, strict),
    }),

    async save() {
      opened();
      if (home === null) throw new Refusal("no_folder", "the pool was handed over parsed: there is no folder");
      await onDisk(() => manager.saveToDisk());
      return null;
    },

    load_config({ directory, home: user, environment = {}, platform = "linux" }) {
      machine.platform = platform;
      try {
        const config = withEnvironment(environment, user, () => loadConfig(directory));
        return { config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) };
      } finally {
        machine.platform = null;
      }
    },

    close() {
      manager = null;
      return null;
    },

    ...(can("markRateLimitedWithReason") && {
      mark_rate_limited_with_reason({ label, family, header_style = "antigravity", model, reason, ...rest }) {
        const durations = [rest.retry_after_ms ?? undefined, rest.failure_ttl_ms ?? undefined];
        const account = find(label);
        return {
          backoff_ms: opened().markRateLimitedWithReason(account, family, header_style, model, reason, ...durations),
        };
      },
      mark_success({ label }) {
        opened().markRequestSuccess(find(label));
        return null;
      },
    }),

    ...(can("markAccountUsed") && {
      mark_used({ label }) {
        opened().markAccountUsed(find(label).index);
        return null;
      },
    }),

    ...(can("setAccountEnabled") && {
      set_enabled({ label, enabled }) {
        opened().setAccountEnabled(find(label).index, enabled);
        return null;
      },
    }),

    ...(can("clearAllRateLimitsForFamily") && {
      reset_limits({ family, model }) {
        opened().clearAllRateLimitsForFamily(family, model);
        return null;
      },
    }),

    ...(can("hasOtherAccountWithAntigravityAvailable") && {
      has_other_account: ({ label, family, model }) => ({
        available: opened().hasOtherAccountWithAntigravityAvailable(find(label).index, family, model),
      }),
    }),

    ...(rotation && {
      record_health({ label, outcome }) {
        const { index } = find(label);
        const record = { success: "recordSuccess", rate_limit: "recordRateLimit", failure: "recordFailure" }[outcome];
        const tracker = rotation.getHealthTracker();
        tracker[record](index);
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

  const onDisk = (work) => withEnvironment({}, home, () => withRealTimers(work));

  const capabilities = [
    ...["sticky", "round-robin", "hybrid", "pid", "clock", "random", "limits", "cooldown", "remove", "min-wait"],
    ...["snapshot", "storage", "save", "config", "environment", "platform"],
    ...(methods.mark_rate_limited_with_reason ? ["backoff"] : []),
    ...(methods.mark_used ? ["used"] : []),
    ...(methods.set_enabled ? ["enabled"] : []),
    ...(methods.reset_limits ? ["reset-limits"] : []),
    ...(methods.has_other_account ? ["other-account"] : []),
    ...(can("isAccountOverSoftQuota") ? ["soft-quota"] : []),
    ...(rotation ? ["health", "tokens"] : []),
  ];
  return methods;
}

function camelCased(settings) {
  const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [camel(name), value]));
}
