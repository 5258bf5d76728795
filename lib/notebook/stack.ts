import { SourceMap, type SourceMapPayload } from "node:module";
import { basename } from "node:path";
import type { Frame, Job } from "./events.js";

const frames = new WeakMap<object, readonly Frame[]>();

/** What a place in running code is called in stacks; `frame` where it lies in a cell. */
export interface Place {
  readonly name: string;
  readonly frame: Frame | undefined;
}

/** Makes stacks name cells, lines and columns of the notebook, and ends them at its outermost frame. */
export function mapStacks(job: Job): void {
  const locate = locator(() => job.maps);
  const name = basename(job.path);
  nameStacks((file, line, column) => {
    const found = file === job.path ? locate(line, column) : undefined;
    if (found === undefined) return undefined;
    const frame = { cell: Number(found.source), line: found.line, column: found.column };
    return { name: `${name} cell ${job.cells[frame.cell]?.number}:${frame.line}:${frame.column}`, frame };
  });
}

/** Makes stacks give places the names that `find` gives them, and ends them at the outermost frame in a cell. */
export function nameStacks(find: (file: string, line: number, column: number) => Place | undefined): void {
  Error.prepareStackTrace = (error: Error, sites) => {
    const places = sites.map((site) => {
      const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
      return line === null || column === null ? undefined : find(site.getScriptNameOrSourceURL() ?? "", line, column);
    });
    const inCells = places.flatMap((place) => place?.frame ?? []);
    if (inCells.length > 0) frames.set(error, inCells);
    const end = places.findLastIndex((place) => place?.frame !== undefined) + 1;
    const lines = sites.slice(0, end === 0 ? sites.length : end).map((site, index) => {
      const place = places[index];
      if (place === undefined) return `    at ${site}`;
      const caller = site.getFunctionName() ?? "";
      return `    at ${caller === "" ? "" : `${caller}, `}${place.name}`;
    });
    return [String(error), ...lines].join("\n");
  };
}

/** The frames of a thrown error that lie in cells, innermost first. */
export function framesOf(thrown: unknown): readonly Frame[] {
  if (typeof thrown !== "object" || thrown === null) return [];
  void (thrown as Partial<Error>).stack;
  return frames.get(thrown) ?? [];
}

/** From a place in compiled code to one in its source, all from 1. The maps are read when a first place is asked for. */
export function locator(
  read: () => readonly SourceMapPayload[],
): (line: number, column: number) => { source: string; line: number; column: number } | undefined {
  let maps: readonly SourceMap[] | undefined;
  return (line, column) => {
    maps ??= read().map((map) => new SourceMap(map));
    let place = { source: "", line: line - 1, column: column - 1 };
    for (const map of maps) {
      const entry = map.findEntry(place.line, place.column);
      if (!("originalSource" in entry)) return undefined;
      place = { source: entry.originalSource, line: entry.originalLine, column: entry.originalColumn };
    }
    return { source: place.source, line: place.line + 1, column: place.column + 1 };
  };
}
