// The port. Fill it in: each run of the kit prints the next step.

import { NotSupported, Refusal } from "./wire.mjs";

/** Has one method for each method of the wire that it answers. All others are answered "not supported". */
export class Port {
  #accounts = null; // the labels; null while no pool is open

  hello() {
    return {
      name: "my-port",
      version: "0.1.0",
      language: "javascript",
      capabilities: ["sticky"], // the kit asks only for what is claimed here
      pid: process.pid,
    };
  }

  open({ pool }) {
    const entries = Array.isArray(pool?.accounts) ? pool.accounts : [];
    this.#accounts = entries.map((entry) => entry?.refreshToken);
    return { accounts: this.#accounts };
  }

  select({ family, strategy }) {
    const accounts = this.#opened();
    if (strategy !== "sticky") throw new NotSupported();
    if (accounts.length === 0) return null;
    return { label: accounts[0], index: 0 };
  }

  close() {
    this.#accounts = null;
    return null;
  }

  #opened() {
    if (this.#accounts === null) throw new Refusal("not_open");
    return this.#accounts;
  }
}
