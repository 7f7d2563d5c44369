// Records which lines of a checkout each message executes, so that a report can name the lines that failures share.
import { appendFileSync, readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import { join } from "node:path";

const BUNDLE = "bundle.mjs";

// Starts to count, before the bundle is loaded. Returns a function that appends the lines executed since its last call
// to `file`: one JSON line, a list of [source file, line, function, line of the function, whether it was changed, edit].
// A function was changed if the bundle of the release, `releaseFile`, does not have its text. `edit` is [code, code of
// the release or null] for a line of such a function that the release does not have, and null for other lines.
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
  const release = releaseFile ? readFileSync(releaseFile, "utf8") : "";
  const plainRelease = plain(release);
  const wasChanged = ({ startOffset, endOffset }) =>
    release !== "" && !plainRelease.includes(plain(text.slice(startOffset, endOffset)));
  const editOf = edits(text.split("\n"), release.split("\n"));
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
          if (source) executed.set(`${source}`, [...source, functionName, own[1], changed, changed ? editOf(line) : null]);
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

// A function that returns the edit of a line: null if the release has it after the line above, or before the line below.
function edits(lines, releaseLines) {
  const code = lines.map(plain);
  const releaseCode = releaseLines.map(plain);
  const whole = releaseCode.join("");
  return (line) => {
    const [above, own, below] = code.slice(line - 1, line + 2);
    if (whole.includes(above + own) || whole.includes(own + below)) return null;
    const at = releaseCode.findIndex((each, at) => each === above && releaseCode[at + 2] === below);
    return [lines[line].trim(), at < 0 ? null : releaseLines[at + 1].trim()];
  };
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
