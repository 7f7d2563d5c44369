// Virtual time for one process: `node --import clock.mjs`. It replaces the timers and the clock before the plugin loads.
// Time passes only when `advance` is called.
const real = { setImmediate, Date };
let nowMs = 0;
let timers = [];
let number = 0;

const start = (call, ms, args, everyMs) => {
  const timer = { at: nowMs + Math.max(0, Number(ms) || 0), number: number++, call, args, everyMs };
  for (const name of ["ref", "unref", "refresh"]) timer[name] = () => timer;
  timer.hasRef = () => true;
  timers.push(timer);
  return timer;
};
const stop = (timer) => {
  timers = timers.filter((each) => each !== timer);
};
globalThis.setTimeout = (call, ms, ...args) => start(call, ms, args);
globalThis.setInterval = (call, ms, ...args) => start(call, ms, args, Math.max(1, Number(ms) || 1));
globalThis.clearTimeout = globalThis.clearInterval = stop;
globalThis.Date = class extends real.Date {
  constructor(...args) {
    super(...(args.length ? args : [nowMs]));
  }
  static now() {
    return nowMs;
  }
};

export const now = () => nowMs;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Begin again at this time, without timers.
export function reset(ms) {
  nowMs = ms;
  timers = [];
}

// The time of the next timer, or null.
export const next = () => (timers.length ? Math.min(...timers.map((timer) => timer.at)) : null);

// Let time pass, and call each timer that is due. `settled` waits until the process has nothing to do at this time.
export async function advance(ms, settled) {
  while (next() !== null && next() <= ms) {
    const timer = timers.reduce((one, other) => (other.at < one.at || (other.at === one.at && other.number < one.number) ? other : one));
    stop(timer);
    nowMs = Math.max(nowMs, timer.at);
    if (timer.everyMs) {
      timer.at += timer.everyMs;
      timers.push(timer);
    }
    timer.call(...timer.args);
    await settled();
  }
  nowMs = ms;
}

// Wait until this process has nothing to do: no file operation, no immediate, and nothing in `pending` is unanswered.
export async function idle(pending) {
  let quiet = 0;
  while (quiet < 3) {
    await Promise.allSettled([...pending]);
    await new Promise((done) => real.setImmediate(done));
    const busy = pending.size > 0 || process.getActiveResourcesInfo().some((name) => /Req|Immediate/.test(name));
    quiet = busy ? 0 : quiet + 1;
  }
}
