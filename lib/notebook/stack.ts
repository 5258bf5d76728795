import { SourceMap } from "node:module";
import { basename } from "node:path";
import type { Frame, Job } from "./events.js";

const frames = new WeakMap<object, readonly Frame[]>();

/** Makes stacks name cells, lines and columns of the notebook, and ends them at its outermost frame. */
export function mapStacks(job: Job): void {
  const locate = locator(job);
  const name = basename(job.path);
  Error.prepareStackTrace = (error: Error, sites) => {
    const places = sites.map((site) =>
      site.getFileName() === job.path ? locate(site.getLineNumber(), site.getColumnNumber()) : undefined,
    );
    const inCells = places.filter((place) => place !== undefined);
    if (inCells.length > 0) frames.set(error, inCells);
    const end = places.findLastIndex((place) => place !== undefined) + 1;
    const lines = sites.slice(0, end === 0 ? sites.length : end).map((site, index) => {
      const place = places[index];
      if (place === undefined) return `    at ${site}`;
      const caller = site.getFunctionName() ?? "";
      return `    at ${caller === "" ? "" : `${caller}, `}${name} cell ${job.cells[place.cell]?.number}:${place.line}:${place.column}`;
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

/** From a place in the compiled code to one in a cell. The maps are read when a first stack asks. */
function locator(job: Job): (line: number | null, column: number | null) => Frame | undefined {
  let maps: readonly SourceMap[] | undefined;
  return (line, column) => {
    if (line === null || column === null) return undefined;
    maps ??= job.maps.map((map) => new SourceMap(map));
    let place = { source: "", line: line - 1, column: column - 1 };
    for (const map of maps) {
      const entry = map.findEntry(place.line, place.column);
      if (!("originalSource" in entry)) return undefined;
      place = { source: entry.originalSource, line: entry.originalLine, column: entry.originalColumn };
    }
    return { cell: Number(place.source), line: place.line + 1, column: place.column + 1 };
  };
}
