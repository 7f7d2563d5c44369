// The port. Fill it in: each run of the kit prints the next step.

import { NotSupported, Refusal } from "./wire.ts";

type Account = { label: string; index: number };
type OpenParams = { pool?: { accounts?: { refreshToken: string }[] } };
type SelectParams = { family: "claude" | "gemini"; strategy: "sticky" | "round-robin" | "hybrid" };

/** Has one method for each method of the wire that it answers. All others are answered "not supported". */
export class Port {
  #accounts: string[] | null = null; // the labels; null while no pool is open

  hello() {
    return {
      name: "my-port",
      version: "0.1.0",
      language: "typescript",
      capabilities: ["sticky"], // the kit asks only for what is claimed here
      pid: process.pid,
    };
  }

  open({ pool }: OpenParams): { accounts: string[] } {
    const entries = Array.isArray(pool?.accounts) ? pool.accounts : [];
    this.#accounts = entries.map((entry) => entry?.refreshToken);
    return { accounts: this.#accounts };
  }

  select({ strategy }: SelectParams): Account | null {
    const accounts = this.#opened();
    if (strategy !== "sticky") throw new NotSupported();
    if (accounts.length === 0) return null;
    return { label: accounts[0]!, index: 0 };
  }

  close(): null {
    this.#accounts = null;
    return null;
  }

  #opened(): string[] {
    if (this.#accounts === null) throw new Refusal("not_open");
    return this.#accounts;
  }
}
