import type { Adapter, Capability, Method } from "./wire.js";

export type { Adapter, Capability, Method } from "./wire.js";
export type * as wire from "./wire.js";

/** A stored scenario. docs/vectors.md describes the keys. */
export interface Vector {
  id: string;
  title: string;
  why: string;
  requirements: string[];
  /** The releases for which the vector holds, and `recommended` if it holds for a port that follows every rule. */
  profiles: string[];
  needs: Capability[];
  quirk?: string;
  given?: string;
  files?: Record<string, { text?: string; base64?: string; link?: string; folder?: true }>;
  calls: { method: Method; params: Record<string, unknown>; expect?: unknown; refusal?: string }[];
}

/** An adapter, or a function that creates one for each vector. It refuses a call by an error with the key `kind`. */
export type Source = Adapter | (() => Adapter);

export interface Options {
  /** What the adapter claims (default: `capabilities` of `hello()`). */
  capabilities?: readonly string[];
  /** Release whose vectors to run (default: `recommended`, a port that follows every current rule). */
  release?: string;
}

export const vectors: Vector[];
export function matches(expected: unknown, actual: unknown): boolean;
export function select(capabilities: readonly string[], release?: string): Vector[];
export function ask(create: () => Adapter, vector: Vector): Promise<void>;
export function isJudgeable(create: () => Adapter, vector: Vector): Promise<boolean>;
export function define(
  test: (name: string, run: (context: { skip(reason?: string): void }) => Promise<void>) => unknown,
  adapter: Source,
  options?: Options,
): void;
