// A small port of the account selection: strategies sticky and round-robin, the PID offset, limits, cooldowns, removal.
// What it can do is in `capabilities`; vectors that need more are not asked.

export const capabilities = [
  "sticky", "round-robin", "pid", "offset", "limits", "header-styles", "stored-state", "cooldown", "clock", "remove",
];

export class Refusal extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const FAMILIES = ["claude", "gemini"];
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const whole = (value, fallback) => (isNumber(value) ? Math.max(0, Math.floor(value)) : fallback);

function quotaKey(family, style, model) {
  if (family === "claude") return "claude";
  const base = style === "gemini-cli" ? "gemini-cli" : "gemini-antigravity";
  return model ? `${base}:${model}` : base;
}

export class Port {
  #accounts = null;

  open({ pool, pid = 0, now_ms = 0 }) {
    const entries = Array.isArray(pool?.accounts) ? pool.accounts : [];
    this.#accounts = entries
      .filter((entry) => typeof entry?.refreshToken === "string" && entry.refreshToken !== "")
      .map((entry) => ({
        label: entry.refreshToken,
        enabled: entry.enabled !== false,
        resets: this.#times(entry.rateLimitResetTimes),
        coolingUntil: isNumber(entry.coolingDownUntil) ? entry.coolingDownUntil : 0,
      }));
    const count = this.#accounts.length || 1;
    this.cursor = whole(pool?.activeIndex, 0) % count;
    this.current = Object.fromEntries(
      FAMILIES.map((family) => [family, whole(pool?.activeIndexByFamily?.[family], this.cursor) % count]),
    );
    this.moved = {};
    this.pid = pid;
    this.now = now_ms;
    return { accounts: this.#accounts.map((account) => account.label) };
  }

  close() {
    this.#accounts = null;
    return null;
  }

  advance({ ms }) {
    this.#opened();
    this.now += ms;
    return { now_ms: this.now };
  }

  select({ family, strategy, header_style = "antigravity", model, pid_offset_enabled = false }) {
    const accounts = this.#opened();
    const usable = (account) => account?.enabled && !this.#isBlocked(account, family, header_style, model);
    if (strategy === "sticky") {
      if (pid_offset_enabled) this.#moveByPid(family);
      const own = accounts[this.current[family]];
      if (usable(own)) return this.#shown(own);
    }
    const available = accounts.filter(usable);
    if (available.length === 0) return null;
    const next = available[this.cursor % available.length];
    this.cursor += 1;
    this.current[family] = accounts.indexOf(next);
    return this.#shown(next);
  }

  mark_rate_limited({ label, retry_after_ms, family, header_style = "antigravity", model }) {
    this.#find(label).resets[quotaKey(family, header_style, model)] = this.now + retry_after_ms;
    return null;
  }

  mark_cooling_down({ label, cooldown_ms }) {
    this.#find(label).coolingUntil = this.now + cooldown_ms;
    return null;
  }

  remove({ label }) {
    const gone = this.#opened().indexOf(this.#find(label));
    const before = this.#accounts.length;
    this.#accounts.splice(gone, 1);
    this.cursor %= before;
    if (this.cursor > gone) this.cursor -= 1;
    this.cursor %= this.#accounts.length || 1;
    for (const family of FAMILIES) {
      if (this.current[family] > gone) this.current[family] -= 1;
      if (this.current[family] >= this.#accounts.length) this.current[family] = -1;
    }
    return null;
  }

  #moveByPid(family) {
    const count = this.#accounts.length;
    if (count < 2 || this.moved[family]) return;
    this.current[family] = (Math.max(0, this.current[family]) + this.pid) % count;
    this.moved[family] = true;
  }

  // A limit or a cooldown that was seen to be over stays over, also when the clock is set back.
  #isBlocked(account, family, style, model) {
    for (const [key, end] of Object.entries(account.resets)) if (this.now >= end) delete account.resets[key];
    if (this.now >= account.coolingUntil) account.coolingUntil = 0;
    const keys = [quotaKey(family, style, model), quotaKey(family, style)];
    return keys.some((key) => key in account.resets) || this.now < account.coolingUntil;
  }

  #times(stored) {
    if (stored === null || typeof stored !== "object" || Array.isArray(stored)) return {};
    return Object.fromEntries(Object.entries(stored).filter(([, time]) => isNumber(time)));
  }

  #shown(account) {
    return { label: account.label, index: this.#accounts.indexOf(account) };
  }

  #opened() {
    if (this.#accounts === null) throw new Refusal("not_open");
    return this.#accounts;
  }

  #find(label) {
    const found = this.#opened().find((account) => account.label === label);
    if (!found) throw new Refusal("unknown_account");
    return found;
  }
}
