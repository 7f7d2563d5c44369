// The stub for a package that cannot be installed: any use throws. The kit replaces NAME.
const tell = () => {
  throw new Error("NAME is not installed, and is used here");
};
module.exports = Object.setPrototypeOf(tell, new Proxy({}, { get: (_, name) => (name === "then" ? undefined : tell()) }));
