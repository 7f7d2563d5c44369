// One test of node:test per vector.

import { test } from "node:test";
import { define } from "./index.mjs";

export const runVectors = (adapter, options) => define(test, adapter, options);
