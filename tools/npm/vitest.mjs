// One test of vitest per vector.

import { test } from "vitest";
import { define } from "./index.mjs";

export const runVectors = (adapter, options) => define(test, adapter, options);
