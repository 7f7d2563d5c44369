import type { Options, Source } from "./index.js";

/** Defines one test per vector that the adapter can be asked. */
export function runVectors(adapter: Source, options?: Options): void;
