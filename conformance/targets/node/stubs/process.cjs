// `import { pid } from "node:process"` would keep what was there at import; a bundle asks this one each time.
module.exports = globalThis.process;
