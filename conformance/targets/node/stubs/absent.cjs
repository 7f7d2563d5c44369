// The stub for a package that cannot be installed: any use throws. The kit replaces NAME.
const tell = () => {
  throw new Error("NAME is not installed, but the checkout uses it here");
};
module.exports = Object.setPrototypeOf(tell, new Proxy({}, { get: (_, name) => (name === "then" ? undefined : tell()) }));
