import type { Completion } from "./tslab.js";

/** Jupyter's answer to a completion request. */
export interface CompleteReply {
  readonly status: "ok";
  readonly cursor_start: number;
  readonly cursor_end: number;
  readonly matches: readonly string[];
  readonly metadata: object;
}

/**
 * What may stand at a place: members, table and column names, with their kinds. Inside a text, such as a column's name, the
 * whole text is replaced.
 */
export function completeReply(source: string, position: number, found: Completion): CompleteReply {
  const { start, end, candidates } = withinText(source, position, found) ?? found;
  const kinds = new Map(found.original?.entries.map(({ name, kind }) => [name, kind]));
  const types = candidates.map((text) => ({ text, type: kinds.get(text) ?? "", start, end }));
  return {
    status: "ok",
    cursor_start: start,
    cursor_end: end,
    matches: candidates,
    metadata: { _jupyter_types_experimental: types },
  };
}

/** tslab inserts at the cursor what the compiler offers inside a text. */
function withinText(source: string, position: number, found: Completion): Completion | undefined {
  const { entries = [], optionalReplacementSpan } = found.original ?? {};
  if (found.start !== position || entries.some(({ kind }) => kind !== "string")) return undefined;
  const [, written] = /["'`]([^"'`\n]*)$/.exec(source.slice(0, position)) ?? [];
  if (written === undefined) return undefined;
  const isClosed = optionalReplacementSpan !== undefined;
  const rest = isClosed ? (/^[^"'`\n]*/.exec(source.slice(position))?.[0].length ?? 0) : 0;
  return {
    start: position - written.length,
    end: position + rest,
    candidates: found.candidates.filter((name) => name.startsWith(written)),
  };
}
