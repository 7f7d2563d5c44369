// Records which lines of a checkout each message executes, so that a report can name the lines that failures share.
import { appendFileSync, readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import { join } from "node:path";

const BUNDLE = "bundle.mjs";

// Starts to count, before the bundle is loaded. Returns a function that appends the lines executed since its last call
// to `file`: one JSON line, a list of [source file, line, function, line of the function, whether it was changed].
// A function was changed if the bundle of the release, `releaseFile`, does not have its text.
export function countLines(folder, file, releaseFile) {
  const session = new Session();
  session.connect();
  const ask = (method, params) => {
    let found;
    session.post(method, params, (error, result) => {
      if (error) throw new Error(error.message);
      found = result;
    });
    return found; // `post` calls back before it returns
  };
  ask("Profiler.enable");
  ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const text = readFileSync(join(folder, BUNDLE), "utf8");
  const map = new SourceMap(JSON.parse(readFileSync(join(folder, `${BUNDLE}.map`), "utf8")));
  const starts = lineStarts(text);
  const release = releaseFile ? plain(readFileSync(releaseFile, "utf8")) : "";
  const wasChanged = ({ startOffset, endOffset }) =>
    release !== "" && !release.includes(plain(text.slice(startOffset, endOffset)));
  return () => {
    const { result } = ask("Profiler.takePreciseCoverage");
    const executed = new Map();
    for (const script of result.filter(({ url }) => url.endsWith(BUNDLE))) {
      for (const { functionName, ranges } of script.functions) {
        if (ranges[0].count === 0 || /^(<.*>)?$/.test(functionName)) continue;
        const [from, to] = [lineAt(starts, ranges[0].startOffset), lineAt(starts, ranges[0].endOffset)];
        const own = sourceOf(map, text, starts, from);
        const changed = wasChanged(ranges[0]);
        for (let line = from; own && line <= to; line += 1) {
          const at = Math.max(firstCharacter(text, starts, line), ranges[0].startOffset);
          const inner = ranges.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset);
          const source = inner.at(-1)?.count && sourceOf(map, text, starts, line);
          if (source) executed.set(`${source}`, [...source, functionName, own[1], changed]);
        }
      }
    }
    appendFileSync(file, `${JSON.stringify([...executed.values()])}\n`);
  };
}

// The code without its layout, and without the numbers that esbuild appends to names.
function plain(code) {
  return code.replace(/\s+/g, "").replace(/,(?=[)\]}])/g, "").replace(/([A-Za-z_$])\d+\b/g, "$1");
}

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

// The number of the last line that starts at or before the offset.
function lineAt(starts, offset) {
  let low = 0;
  for (let high = starts.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle;
  }
  return low;
}

function firstCharacter(text, starts, line) {
  let at = starts[line];
  while (text[at] === " ") at += 1;
  return at;
}

function sourceOf(map, text, starts, line) {
  const { originalSource, originalLine } = map.findEntry(line, firstCharacter(text, starts, line) - starts[line]);
  return originalSource && !originalSource.includes("node_modules") ? [originalSource, originalLine + 1] : null;
}
