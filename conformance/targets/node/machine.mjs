// Controls what the plugin sees of the machine: clock, PID, random numbers, timers, environment and platform.
// It replaces globals, because the release is loaded unchanged.
import { types } from "node:util";

const { isPromise } = types;

export const realPid = process.pid;
const { exit: realExit, reallyExit } = process;
const realNow = Date.now;
const realPlatform = process.platform;
const { setTimeout: realSetTimeout, setInterval: realSetInterval, clearTimeout: realClearTimeout } = globalThis;

// Ends the process, even if process.exit was replaced.
export function leave(code) {
  process.reallyExit = reallyExit; // process.exit calls it
  realExit.call(process, code);
}

// null stands for the real value
export const machine = { nowMs: null, pid: null, draws: [], drawn: 0, platform: null, waiting: new Map() };

const virtualNow = () => machine.nowMs ?? realNow();
Date.now = virtualNow;
Math.random = () => (machine.draws.length ? machine.draws[machine.drawn++ % machine.draws.length] : 0.5);
Object.defineProperty(process, "pid", { get: () => machine.pid ?? realPid });
Object.defineProperty(process, "platform", { get: () => machine.platform ?? realPlatform });

// Timers do not fire by themselves, because a release schedules saves that would write between two calls. Those of the
// chosen session wait in `machine.waiting` for `fireTimers`.
function putOff(callback, _ms, ...args) {
  const timer = { unref: () => timer, ref: () => timer, hasRef: () => false, refresh: () => timer };
  machine.waiting.set(timer, () => callback(...args));
  return timer;
}

// Calls what the waiting timers would call, then returns `awaited`, which was started before.
export function fireTimers(awaited) {
  const due = [...machine.waiting.values()];
  machine.waiting.clear();
  for (const call of due) call();
  return awaited;
}

globalThis.clearTimeout = (timer) => {
  machine.waiting.delete(timer);
  realClearTimeout(timer);
};

const idle = { unref: () => idle, ref: () => idle, hasRef: () => false, refresh: () => idle };

function stopTimers() {
  globalThis.setTimeout = putOff;
  globalThis.setInterval = () => idle;
}

// Timers are real while `work` runs. Those that are left afterwards wait, such as a save that loading a pool schedules.
export async function withRealTimers(work) {
  const started = [];
  const { waiting } = machine;
  globalThis.setTimeout = (callback, ms, ...args) => {
    const call = () => callback(...args);
    const timer = realSetTimeout(() => waiting.delete(timer) && call(), ms);
    waiting.set(timer, call);
    return started[started.push(timer) - 1];
  };
  globalThis.setInterval = (...args) => started[started.push(realSetInterval(...args)) - 1];
  try {
    return await work();
  } finally {
    stopTimers();
    started.forEach((timer) => realClearTimeout(timer)); // clears intervals as well
  }
}

// Reading and writing a folder takes a file lock, which waits with timers and uses the clock to detect a stale lock of
// another process. So timers are real during this work, and the clock is real for the lock only.
async function withRealLock(work) {
  Date.now = () => (new Error().stack.includes("/proper-lockfile/") ? realNow() : virtualNow());
  try {
    return await withRealTimers(work);
  } finally {
    Date.now = virtualNow;
  }
}

// process.env is changed in place, because modules keep a reference to it and native code must see the change.
function setEnvironment(environment) {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name];
  Object.assign(process.env, environment);
}

// Runs `work` with exactly these variables on this platform, then restores the previous ones.
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

// Runs asynchronous work on the plugin's folder below `home`.
export async function withFolder(home, work) {
  const before = { ...process.env };
  setEnvironment({ HOME: home });
  try {
    return await withRealLock(work);
  } finally {
    setEnvironment(before);
  }
}
