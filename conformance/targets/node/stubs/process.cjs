// `import { pid } from "node:process"` would keep the value at import. With this stub, a bundle reads it each time.
module.exports = globalThis.process;
