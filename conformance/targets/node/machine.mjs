// What the plugin sees of the machine: clock, process id, random draws, timers, environment and platform.
// Set from outside, since the release is loaded unchanged.

export const realPid = process.pid;
const realTimers = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };
const realPlatform = process.platform;
const realNow = Date.now;

export const machine = { nowMs: null, pid: null, draws: [], drawn: 0, platform: null };

Date.now = () => machine.nowMs ?? realNow();
Math.random = () => (machine.draws.length ? machine.draws[machine.drawn++ % machine.draws.length] : 0.5);
Object.defineProperty(process, "pid", { get: () => machine.pid ?? realPid });
Object.defineProperty(process, "platform", { get: () => machine.platform ?? realPlatform });

const idle = { unref: () => idle, ref: () => idle, hasRef: () => false, refresh: () => idle, [Symbol.toPrimitive]: () => 0 };

// Saves that a release schedules for later would write behind the harness's back, so its timers never fire. Only while
// it reads or writes a folder are they real: its file lock waits on them. What it schedules then and leaves behind is
// taken back.
export function stopTimers() {
  globalThis.setTimeout = () => idle;
  globalThis.setInterval = () => idle;
}

export async function withRealTimers(work) {
  const started = [];
  globalThis.setTimeout = (...args) => started[started.push(realTimers.setTimeout(...args)) - 1];
  globalThis.setInterval = (...args) => started[started.push(realTimers.setInterval(...args)) - 1];
  try {
    return await work();
  } finally {
    stopTimers();
    for (const timer of started) clearTimeout(timer);
  }
}

// Runs `work` with exactly these variables and this home; the ones before are put back.
export function withEnvironment(environment, home, work) {
  const before = { ...process.env };
  const restore = () => setEnvironment(before);
  setEnvironment({ ...environment, HOME: home });
  let result;
  try {
    result = work();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore);
  restore();
  return result;
}

function setEnvironment(environment) {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}
