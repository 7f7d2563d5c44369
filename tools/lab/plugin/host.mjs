// One process of OpenCode, as far as the plugin is concerned: it loads release 1.6.0 whole, and sends requests through
// the `fetch` that the plugin gives to OpenCode. The plugin's own `fetch` reaches the quota server and nothing else.
// usage: node --import clock.mjs host.mjs PACKAGE RESOLVE_HOOK PORT; commands and reports are lines of JSON
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import http from "node:http";
import { register } from "node:module";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import * as clock from "./clock.mjs";

const [folder, hook, port] = process.argv.slice(2);
const REQUESTS = "https://generativelanguage.googleapis.com/v1beta/models/antigravity-claude-sonnet-4-5:streamGenerateContent?alt=sse";
const PROVIDER = /^([a-z]+-)?cloudcode-pa(\.sandbox)?\.googleapis\.com$/;
const TOKENS = "https://oauth2.googleapis.com/token";
const pending = new Set();
const settled = () => clock.idle(pending);

// The network. One request after another, so that the server's order is the order of the calls.
const connections = new http.Agent({ keepAlive: true, maxSockets: 1 });
const post = (path, headers, body) =>
  new Promise((done) => {
    const length = Buffer.byteLength(body);
    const options = { host: "127.0.0.1", port, path, method: "POST", agent: connections, headers: { ...headers, "content-length": length } };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => done([response, Buffer.concat(parts)]));
    });
    request.on("error", () => process.exit(1)); // the server has ended; the plugin would try again for ever
    request.end(body);
  });
let line = Promise.resolve();
const ask = async (...args) => {
  const turn = (line = line.then(() => post(...args)));
  pending.add(turn);
  try {
    return await turn;
  } finally {
    pending.delete(turn);
  }
};

const refused = new Set();
globalThis.fetch = async (input, init = {}) => {
  const url = new URL(String(input?.url ?? input));
  const isRequest = PROVIDER.test(url.host) && url.pathname.endsWith(":streamGenerateContent");
  if (!isRequest && url.href !== TOKENS) {
    refused.add(url.host);
    throw new TypeError(`fetch failed: ${url.host} cannot be reached from here`);
  }
  const authorization = new Headers(init.headers).get("authorization") ?? "";
  const [response, body] = await ask(isRequest ? "/request" : "/token", { authorization }, String(init.body));
  const headers = { "content-type": response.headers["content-type"] };
  const latencyMs = Number(response.headers["x-latency-ms"]);
  if (latencyMs > 0) await clock.sleep(latencyMs);
  return new Response(body, { status: response.statusCode, headers });
};

// Each run has fresh modules: the number of the run is part of the URL of every module of the package.
const modulesUrl = pathToFileURL(join(realpathSync(join(folder, "..")), "/")).href;
const packageUrl = pathToFileURL(join(realpathSync(folder), "/")).href;
register(pathToFileURL(hook).href, { data: { modulesUrl } });
register(new URL("fresh.mjs", import.meta.url).href, { data: { packageUrl } });

const client = new Proxy(() => {}, { get: (_, name) => (name === "then" ? undefined : client), apply: async () => ({}) });
let send = null;
let done = [];

async function open({ run, home, pid, labels, config, now }) {
  clock.reset(now);
  done = [];
  process.env.HOME = home;
  process.env.XDG_CONFIG_HOME = join(home, ".config");
  Object.defineProperty(process, "pid", { value: pid, configurable: true });
  const { createAntigravityPlugin } = await import(`${packageUrl}dist/src/plugin.js?run=${run}`);
  const project = join(home, "project");
  mkdirSync(join(project, ".opencode"), { recursive: true });
  writeFileSync(join(project, ".opencode/antigravity.json"), JSON.stringify(config));
  const hooks = await createAntigravityPlugin("google")({ client, directory: project });
  const auth = { type: "oauth", refresh: `${labels[0]}|project-0`, access: "", expires: 0 };
  send = (await hooks.auth.loader(async () => auth, { models: {} })).fetch;
}

async function request({ id }) {
  const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: `request-${id}.` }] }] });
  let answered = false;
  try {
    const response = await send(REQUESTS, { method: "POST", headers: {}, body });
    await response.text();
    answered = response.status === 200;
  } catch {
    // the plugin gave up
  }
  done.push([id, answered]);
}

// What this process can reach, apart from the quota server: by the `fetch` of the plugin, and by a socket.
async function reach({ url, socket }) {
  if (url) return { fetched: await fetch(url).then(() => "answered", (error) => error.message) };
  const connection = connect(80, socket);
  const connected = await new Promise((told) => {
    connection.on("connect", () => told("connected"));
    connection.on("error", (error) => told(error.code));
  });
  return { connected, interfaces: Object.keys(networkInterfaces()) };
}

const commands = createInterface({ input: process.stdin });
commands.on("close", () => process.exit(0)); // also in the middle of a command, when the caller has ended
for await (const text of commands) {
  const command = JSON.parse(text);
  let more = {};
  if (command.do === "open") await open(command);
  else if (command.do === "reach") more = await reach(command);
  else {
    clock.advance(command.now, command.timer);
    if (command.do === "send") void request(command);
  }
  await settled();
  process.stdout.write(`${JSON.stringify({ timers: clock.newTimers(), done, refused: [...refused].sort(), ...more })}\n`);
  done = [];
}
