// node instrument.mjs PACKAGES CHECKOUT FILE...: puts all mutants of Stryker into these files of CHECKOUT, in place, and
// prints the mutants as JSON. PACKAGES is the folder where the instrumenter is installed.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, checkout, ...names] = process.argv.slice(2);
const resolved = createRequire(join(packages, "package.json")).resolve("@stryker-mutator/instrumenter");
const { Instrumenter } = await import(pathToFileURL(resolved).href);
const silent = new Proxy({}, { get: (_, name) => () => !String(name).startsWith("is") });
const files = names.map((name) => ({ name, mutate: true, content: readFileSync(join(checkout, name), "utf8") }));
const options = { plugins: null, excludedMutations: [], ignorers: [] };
const instrumented = await new Instrumenter(silent).instrument(files, options);
for (const { name, content } of instrumented.files) writeFileSync(join(checkout, name), content);
process.stdout.write(JSON.stringify(instrumented.mutants));
