// Loaded before the adapter (node --import). It lets the kit switch mutants in a running process, and read their coverage.
//
// The adapter decodes each line of the wire once. Lines of the kit's own, which begin with PREFIX, are carried out here.
// The adapter does not know their method, and its answer contains the method's name. So a value is returned as a name.
const PREFIX = '{"mutation":';
const state = (globalThis.__stryker__ ??= {}); // the names of Stryker's instrumentation
const { decode } = TextDecoder.prototype;

const commands = {
  // Without an id: the original code. Each line may then reach the mutant `limit` times, before it throws.
  activate({ id, limit }) {
    state.activeMutant = id ?? undefined;
    state.hitLimit = limit;
    return "";
  },
  // The mutants that were reached since the last call, with counts. `static`: while modules were loaded.
  coverage() {
    const { static: loaded = {}, perTest = {} } = state.mutantCoverage ?? {};
    const reached = perTest.line ?? {};
    if (perTest.line) perTest.line = {};
    state.currentTestId = "line";
    return JSON.stringify({ static: loaded, reached });
  },
  // Whether a line since the last call reached the limit. The plugin may have caught the error that the mutant threw.
  exceeded() {
    const answer = String(exceeded);
    exceeded = false;
    return answer;
  },
};

let exceeded = false;

TextDecoder.prototype.decode = function (...given) {
  const text = decode.apply(this, given);
  exceeded ||= state.hitCount > state.hitLimit;
  if (!text.startsWith(PREFIX)) {
    state.hitCount = state.hitLimit === undefined ? undefined : 0;
    return text;
  }
  const { mutation, ...asked } = JSON.parse(text);
  const method = commands[mutation](asked);
  state.hitCount = undefined;
  return JSON.stringify({ jsonrpc: "2.0", id: 0, method });
};
