import type { MimeBundle } from "../display.js";
import { drawGraph } from "../picture/draw_graph.js";
import { type AnyTable, LAYERS } from "./define_table.js";

/** Tables as the picture of what each reads, layer by layer; as text, a line for each. */
export function catalogPicture(tables: readonly AnyTable[]): MimeBundle {
  const landings = [...new Set(tables.flatMap(({ landing }) => landing?.source ?? []))];
  const files = landings.map((source) => ({ id: `landing ${source}`, title: source, group: "landing" }));
  const svg = drawGraph({
    title: "The tables of the lake and what they read",
    groups: ["landing", ...LAYERS].map((id) => ({ id, title: id })),
    nodes: [
      ...files,
      ...tables.map((table) => ({
        id: table.name,
        title: table.name,
        group: table.layer,
        lines: [`${table.columnNames.length} columns, ${table.write}`],
        description: table.description,
      })),
    ],
    edges: tables.flatMap((table) => [
      ...(table.landing === undefined ? [] : [{ from: `landing ${table.landing.source}`, to: table.name }]),
      ...table.reads.map((read) => ({ from: read, to: table.name })),
    ]),
  });
  const lines = tables.map(({ name, reads, landing }) => {
    const sources = [...(landing === undefined ? [] : [`landing/${landing.source}`]), ...reads];
    return sources.length === 0 ? name : `${name} ← ${sources.join(", ")}`;
  });
  return { "image/svg+xml": svg, "text/plain": lines.join("\n") };
}
