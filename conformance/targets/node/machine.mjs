// What the plugin sees of the machine: clock, process id, random draws, timers, environment and platform.
// Set from outside, since the release is loaded unchanged.
import { types } from "node:util";

const { isPromise } = types;

export const realPid = process.pid;
const { exit: realExit, reallyExit } = process;
const realNow = Date.now;
const realPlatform = process.platform;
const { setTimeout: realSetTimeout, setInterval: realSetInterval } = globalThis;

// Ends the process, whatever became of process.exit since.
export function leave(code) {
  process.reallyExit = reallyExit; // which process.exit looks up
  realExit.call(process, code);
}

// null: the real one
export const machine = { nowMs: null, pid: null, draws: [], drawn: 0, platform: null };

const virtualNow = () => machine.nowMs ?? realNow();
Date.now = virtualNow;
Math.random = () => (machine.draws.length ? machine.draws[machine.drawn++ % machine.draws.length] : 0.5);
Object.defineProperty(process, "pid", { get: () => machine.pid ?? realPid });
Object.defineProperty(process, "platform", { get: () => machine.platform ?? realPlatform });

const idle = { unref: () => idle, ref: () => idle, hasRef: () => false, refresh: () => idle };

// Saves that a release schedules for later would write behind the harness's back, so timers never fire.
function stopTimers() {
  globalThis.setTimeout = () => idle;
  globalThis.setInterval = () => idle;
}

// Timers are real while `work` is under way; those that it leaves behind are taken back.
export async function withRealTimers(work) {
  const started = [];
  globalThis.setTimeout = (...args) => started[started.push(realSetTimeout(...args)) - 1];
  globalThis.setInterval = (...args) => started[started.push(realSetInterval(...args)) - 1];
  try {
    return await work();
  } finally {
    stopTimers();
    started.forEach(clearTimeout); // which ends intervals as well
  }
}

// Reading and writing a folder takes a file lock, which waits on timers and judges by the clock whether another
// process's lock is stale: both are real meanwhile, the clock for the lock only.
async function withRealLock(work) {
  Date.now = () => (new Error().stack.includes("/proper-lockfile/") ? realNow() : virtualNow());
  try {
    return await withRealTimers(work);
  } finally {
    Date.now = virtualNow;
  }
}

// process.env is changed in place: modules hold on to the object, and the system's own lookups see the change.
function setEnvironment(environment) {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name];
  Object.assign(process.env, environment);
}

// Runs `work` with exactly these variables, on this platform; what was there before is put back.
export function withEnvironment(environment, platform, work) {
  const before = { ...process.env };
  const putBack = () => {
    machine.platform = null;
    setEnvironment(before);
  };
  setEnvironment(environment);
  machine.platform = platform;
  let result;
  try {
    result = work();
  } finally {
    if (!isPromise(result)) putBack();
  }
  return isPromise(result) ? result.finally(putBack) : result;
}

// The same for work on the plugin's folder under `home`, which takes its time.
export async function withFolder(home, work) {
  const before = { ...process.env };
  setEnvironment({ HOME: home });
  try {
    return await withRealLock(work);
  } finally {
    setEnvironment(before);
  }
}
