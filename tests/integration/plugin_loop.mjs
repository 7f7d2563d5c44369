// Loads release 1.6.0 whole, in this process, and sends requests through the `fetch` that it gives to OpenCode.
// Time is virtual, and no request leaves the process: the answers come from a script.
// usage: node plugin_loop.mjs PACKAGE RESOLVE_HOOK < plans.json > records.json
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, hook] = process.argv.slice(2);
const plans = JSON.parse(readFileSync(0, "utf8"));
const real = { setTimeout: globalThis.setTimeout, setImmediate: globalThis.setImmediate };
const START_MS = 1_700_000_000_000;

// The clock: timers fire in the order of their times, when nothing else is left to do.
let nowMs = START_MS;
let timers = [];
let number = 0;
const startVirtual = () => {
  globalThis.setTimeout = (call, ms = 0, ...args) => {
    const timer = { at: nowMs + Math.max(0, ms), number: number++, call, args, unref: () => timer, ref: () => timer };
    timers.push(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    timers = timers.filter((each) => each !== timer);
  };
  globalThis.setInterval = () => ({ unref() {}, ref() {} }); // nothing that repeats is part of the request loop
  globalThis.clearInterval = () => {};
};
Date.now = () => nowMs;
const settle = async () => {
  for (let turn = 0; turn < 40; turn++) await new Promise((done) => real.setImmediate(done));
};
const sleep = (ms) => new Promise((done) => globalThis.setTimeout(done, ms));

// The network: tokens and scripted answers. Any other address is noted and refused.
let plan = null;
let record = null;
const others = new Set();
const json = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
globalThis.fetch = async (input, init) => {
  const url = String(input?.url ?? input);
  if (url.startsWith("https://oauth2.googleapis.com/token")) {
    return json({ access_token: `access-${new URLSearchParams(init.body).get("refresh_token")}`, expires_in: 10 ** 8 });
  }
  if (!/:(stream)?[gG]enerateContent/.test(url)) {
    others.add(new URL(url).host);
    throw new Error(`no network: ${url}`);
  }
  const label = new Headers(init.headers).get("authorization").replace("Bearer access-", "");
  const answer = plan.script[record.sent.length % plan.script.length];
  record.sent.push([nowMs - record.began, label, answer ? 429 : 200]);
  await sleep(plan.latency_ms);
  if (!answer) return json({ response: { candidates: [{ content: { role: "model", parts: [{ text: "hi" }] } }] } });
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: answer.reason }];
  if (answer.retry_ms) {
    details.push({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${answer.retry_ms / 1000}s` });
  }
  return json({ error: { code: 429, message: "limited", status: "RESOURCE_EXHAUSTED", details } }, 429);
};

const home = process.env.HOME;
const modulesUrl = pathToFileURL(join(realpathSync(join(folder, "..")), "/")).href; // other packages need the hook too
register(pathToFileURL(hook).href, { data: { modulesUrl } });
const { createAntigravityPlugin } = await import(pathToFileURL(join(folder, "dist/src/plugin.js")).href);
const { AccountManager } = await import(pathToFileURL(join(folder, "dist/src/plugin/accounts.js")).href);
AccountManager.prototype.saveToDisk = async () => {}; // saving has tests of its own
const client = new Proxy(() => {}, { get: (_, name) => (name === "then" ? undefined : client), apply: async () => ({}) });
startVirtual();

async function run(given, place) {
  nowMs += 3_600_000; // what the plugin remembers of the last plan has expired
  timers = [];
  plan = given;
  record = { began: nowMs, sent: [], failed: 0 };
  const project = join(home, `project-${place}`);
  mkdirSync(join(project, ".opencode"), { recursive: true });
  mkdirSync(join(home, ".config/opencode"), { recursive: true });
  writeFileSync(join(project, ".opencode/antigravity.json"), JSON.stringify(plan.config));
  const accounts = plan.labels.map((refreshToken, at) => ({
    email: `${at}@example.com`, refreshToken, projectId: `project-${at}`, addedAt: 0, lastUsed: 0,
  }));
  writeFileSync(join(home, ".config/opencode/antigravity-accounts.json"), JSON.stringify({ version: 4, accounts, activeIndex: 0 }));
  const hooks = await createAntigravityPlugin("google")({ client, directory: project });
  const auth = { type: "oauth", refresh: `${plan.labels[0]}|project-0`, access: "", expires: 0 };
  const { fetch: send } = await hooks.auth.loader(async () => auth, { models: {} });
  record.began = nowMs;
  let left = plan.agents;
  const work = async (agent) => {
    await sleep(1 + agent * 137);
    for (let request = 0; request < plan.requests; request++) {
      const url = "https://generativelanguage.googleapis.com/v1beta/models/antigravity-claude-sonnet-4-5:generateContent";
      const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
      try {
        const response = await send(url, { method: "POST", headers: {}, body });
        record.failed += response.status === 200 ? 0 : 1;
      } catch {
        record.failed += 1;
      }
      await sleep(plan.pause_ms + agent * 11);
    }
    left -= 1;
  };
  for (let agent = 0; agent < plan.agents; agent++) void work(agent);
  await settle();
  while (left > 0 && timers.length > 0) {
    timers.sort((one, other) => one.at - other.at || one.number - other.number);
    const timer = timers.shift();
    nowMs = timer.at;
    timer.call(...timer.args);
    await settle();
  }
  return { sent: record.sent, failed: record.failed, left };
}

const records = [];
for (const [place, given] of plans.entries()) records.push(await run(given, place));
process.stdout.write(JSON.stringify({ records, others: [...others].sort() }), () => process.exit(0));
