// Virtual time for one process: `node --import clock.mjs`. It replaces the timers and the clock before the plugin loads.
// Time passes only when the kit says so, and each timer is called when the kit names it.
const real = { setImmediate, setTimeout, Date };
let nowMs = 0;
let number = 0;
let started = [];
const timers = new Map();

const start = (call, ms, args, everyMs) => {
  const timer = { number: number++, call, args, everyMs };
  for (const name of ["ref", "unref", "refresh"]) timer[name] = () => timer;
  timer.hasRef = () => true;
  timers.set(timer.number, timer);
  started.push([timer.number, nowMs + Math.max(0, Number(ms) || 0)]);
  return timer;
};
const stop = (timer) => {
  timers.delete(timer?.number);
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

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Begin again at this time, without timers.
export function reset(ms) {
  nowMs = ms;
  started = [];
  timers.clear();
}

// The timers that were started since the last call: the number and the time of each.
export function newTimers() {
  const found = started;
  started = [];
  return found;
}

// Let time pass, and call a timer unless it was stopped.
export function advance(ms, due) {
  nowMs = ms;
  const timer = timers.get(due);
  if (!timer) return;
  stop(timer);
  if (timer.everyMs) {
    timer.number = number++;
    timers.set(timer.number, timer);
    started.push([timer.number, nowMs + timer.everyMs]);
  }
  timer.call(...timer.args);
}

// Wait until this process has nothing to do: no file operation, no immediate, and nothing in `pending` is unanswered.
export async function idle(pending) {
  let quiet = 0;
  for (let turn = 0; quiet < 3; turn++) {
    await Promise.allSettled([...pending]);
    await new Promise((done) => (turn < 20 ? real.setImmediate(done) : real.setTimeout(done, 1))); // others need the core
    const busy = pending.size > 0 || process.getActiveResourcesInfo().some((name) => /Req|Immediate/.test(name));
    quiet = busy ? 0 : quiet + 1;
  }
}
