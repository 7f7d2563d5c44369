// Stands for a package that cannot be installed: whatever is used of it is told. NAME is filled in by the kit.
const tell = () => {
  throw new Error("NAME is not installed, and is used here");
};
module.exports = Object.setPrototypeOf(tell, new Proxy({}, { get: (_, name) => (name === "then" ? undefined : tell()) }));
