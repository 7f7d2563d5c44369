// The wire's methods over a published release. Names and shapes: docs/wire.md.
import { machine, realPid, withEnvironment, withFolder } from "./machine.mjs";
import { loadPackage } from "./package.mjs";

export class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export class NotSupported extends Error {}

const RECORDERS = { success: "recordSuccess", rate_limit: "recordRateLimit", failure: "recordFailure" };

export async function loadPlugin(folder) {
  const release = await loadPackage(folder);
  const { name, version, profile, AccountManager, loadConfig, rotation } = release;
  const can = (method) => typeof AccountManager.prototype[method] === "function";
  const hasSoftQuota = can("isAccountOverSoftQuota");
  const waitsByStyle = AccountManager.prototype.getMinWaitTimeForFamily.length > 2;
  let manager = null;
  let home = null;

  const opened = () => {
    if (manager === null) throw new Refusal("not_open", "no pool is open; call `open` first");
    return manager;
  };
  const find = (label) => {
    const account = opened().accounts.find((candidate) => candidate.parts.refreshToken === label);
    if (!account) throw new Refusal("unknown_account", `no account ${JSON.stringify(label)} is loaded`);
    return account;
  };
  const named = (account) => account && { label: account.parts.refreshToken, index: account.index };

  const start = (loaded) => {
    manager = loaded;
    machine.drawn = 0; // loading may draw, for device fingerprints: the draws given are for the calls that follow
    return { accounts: loaded.accounts.map((account) => account.parts.refreshToken) };
  };

  const methods = {
    hello: () => ({ name, version, language: "javascript", profile: profile ?? undefined, capabilities, pid: realPid }),

    open({ pool, home: folderGiven, now_ms = 0, pid = null, random = [], health, tokens }) {
      manager = null;
      home = folderGiven ?? null;
      Object.assign(machine, { nowMs: now_ms, pid, draws: random, drawn: 0 });
      // Trackers live as long as the process: new ones take the place of those that an earlier pool has used.
      rotation?.initHealthTracker(camelCased(health));
      rotation?.initTokenTracker(camelCased(tokens));
      // The pool was parsed for this call alone, so the release may keep parts of it and change them.
      if (home === null) return start(new AccountManager(undefined, pool));
      return withFolder(home, () => AccountManager.loadFromDisk(undefined)).then(start);
    },

    select({ family, strategy, header_style = "antigravity", model, pid_offset_enabled = false, ...soft }) {
      const quota = [soft.soft_quota_threshold_percent ?? undefined, soft.soft_quota_cache_ttl_ms ?? undefined];
      if (!hasSoftQuota && quota.some((value) => value !== undefined)) {
        throw new NotSupported(`${version} has no soft quota`);
      }
      return named(
        opened().getCurrentOrNextForFamily(family, model, strategy, header_style, pid_offset_enabled, ...quota),
      );
    },

    mark_rate_limited({ label, retry_after_ms, family, header_style = "antigravity", model }) {
      const account = find(label);
      manager.markRateLimited(account, retry_after_ms, family, header_style, model);
    },

    mark_cooling_down({ label, cooldown_ms, reason }) {
      const account = find(label);
      manager.markAccountCoolingDown(account, cooldown_ms, reason);
    },

    remove({ label }) {
      const account = find(label);
      manager.removeAccount(account);
    },

    min_wait({ family, model, header_style, strict = false }) {
      if (strict && !waitsByStyle) throw new NotSupported(`${version} does not tell header styles apart in min_wait`);
      return { wait_ms: opened().getMinWaitTimeForFamily(family, model, header_style, strict) };
    },

    advance({ ms }) {
      opened();
      machine.nowMs += ms;
      return { now_ms: machine.nowMs };
    },

    snapshot: () => ({
      accounts: opened().accounts.map((account) => ({
        ...named(account),
        enabled: account.enabled, // undefined before 1.3.2, and so left out
        last_used_ms: account.lastUsed,
        rate_limit_reset_times_ms: { ...account.rateLimitResetTimes },
        cooling_down_until_ms: account.coolingDownUntil,
      })),
      cursor: manager.cursor,
      active_index_by_family: { ...manager.currentAccountIndexByFamily },
    }),

    save() {
      opened();
      if (home === null) throw new Refusal("no_folder", "the pool was handed over parsed: there is no folder");
      return withFolder(home, () => manager.saveToDisk());
    },

    load_config({ directory, home: user, environment = {}, platform = "linux" }) {
      return { config: withEnvironment({ ...environment, HOME: user }, platform, () => loadConfig(directory)) };
    },

    close() {
      manager = null;
    },

    ...(can("markRateLimitedWithReason") && {
      mark_rate_limited_with_reason({ label, family, header_style = "antigravity", model, reason, ...durations }) {
        const account = find(label);
        const retryAfterMs = durations.retry_after_ms ?? undefined;
        const failureTtlMs = durations.failure_ttl_ms ?? undefined; // 1.3.0 takes none: there failures never expire
        return {
          backoff_ms: manager.markRateLimitedWithReason(
            ...[account, family, header_style, model, reason, retryAfterMs, failureTtlMs],
          ),
        };
      },
      mark_success({ label }) {
        const account = find(label);
        manager.markRequestSuccess(account);
      },
    }),

    ...(can("markAccountUsed") && {
      mark_used({ label }) {
        const { index } = find(label);
        manager.markAccountUsed(index);
      },
    }),

    ...(can("setAccountEnabled") && {
      set_enabled({ label, enabled }) {
        const account = find(label);
        manager.setAccountEnabled(manager.accounts.indexOf(account), enabled); // by position, which `index` may not be
      },
    }),

    ...(can("clearAllRateLimitsForFamily") && {
      reset_limits({ family, model }) {
        opened().clearAllRateLimitsForFamily(family, model);
      },
    }),

    ...(can("hasOtherAccountWithAntigravityAvailable") && {
      has_other_account({ label, family, model }) {
        const { index } = find(label);
        return { available: manager.hasOtherAccountWithAntigravityAvailable(index, family, model) };
      },
    }),

    ...(can("getMinWaitTimeForSoftQuota") && {
      soft_quota_wait({ family, model, soft_quota_threshold_percent = null, soft_quota_cache_ttl_ms = null }) {
        const [threshold, ttlMs] = [soft_quota_threshold_percent ?? 100, soft_quota_cache_ttl_ms ?? 600_000];
        return { wait_ms: opened().getMinWaitTimeForSoftQuota(family, threshold, ttlMs, model) };
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

  // By what the release has, never by its number: a fork numbers its versions in its own way.
  const capabilities = [
    ...["sticky", "round-robin", "hybrid", "pid", "clock", "random", "limits", "cooldown", "remove", "min-wait"],
    ...["snapshot", "storage", "save", "config", "environment", "platform"],
    ...(methods.mark_rate_limited_with_reason ? ["backoff"] : []),
    ...(methods.mark_used ? ["used"] : []),
    // 1.4.3 skips accounts that the pool says are disabled, yet cannot disable one: half of the capability is none.
    ...(methods.set_enabled ? ["enabled"] : []),
    ...(methods.reset_limits ? ["reset-limits"] : []),
    ...(methods.has_other_account ? ["other-account"] : []),
    ...(waitsByStyle ? ["strict-wait"] : []),
    ...(hasSoftQuota ? ["soft-quota"] : []),
    ...(rotation ? ["health", "tokens"] : []),
  ];
  return methods;
}

function camelCased(settings) {
  const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(settings ?? {}).map(([name, value]) => [camel(name), value]));
}
