import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { type Axis, categories } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { plainText } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import { figureOf } from "./layout.js";
import type { Wanted } from "./options.js";
import { account, type Measure, type Point, pointsOf } from "./points.js";
import { wordsOf } from "./words.js";

export interface TreemapWanted extends Wanted {
  readonly path: readonly string[];
  readonly value?: string;
}

/** Different values of each level; the others are one tile. */
const TILES = 24;

/** Tiles within tiles, each as large as the sum of its rows. */
export async function drawTreemap(relation: Relation, wanted: TreemapWanted): Promise<Drawing> {
  const { locale, path } = wanted;
  const words = wordsOf(locale);
  const axes: Axis[] = [];
  for (const name of path) axes.push(await categories(relation, name, TILES, words));
  const measure: Measure = { column: wanted.value, aggregate: "sum" };
  const found = await pointsOf(relation, axes, measure);
  const points = found.points
    .filter(({ value }) => (toNumber(value) ?? 0) > 0)
    .sort((a, b) => (toNumber(b.value) ?? 0) - (toNumber(a.value) ?? 0) || (labelOf(a) < labelOf(b) ? -1 : 1));
  const dropped = found.points.filter(({ value }) => (toNumber(value) ?? 0) < 0).length;
  const notes = [
    ...account(found, axes, measure, locale),
    ...(dropped === 0 ? [] : [`${words.negative} ${formatValue(BigInt(dropped), locale)}`]),
  ];
  const tiles = tilesOf(points);
  const trace = {
    type: "treemap",
    ids: tiles.map(({ id }) => id),
    labels: tiles.map(({ name }) => plainText(name)),
    parents: tiles.map(({ parent }) => parent),
    values: tiles.map(({ size }) => size),
    text: tiles.map(({ value, size }) => plainText(formatValue(value ?? size, locale))),
    branchvalues: "total",
    textinfo: "label+text",
    hovertemplate: "%{label}: <b>%{text}</b><extra></extra>",
    tiling: { pad: 2 },
    pathbar: { visible: false },
    sort: true,
  };
  const figure = figureOf(tiles.length === 0 ? [] : [trace], wanted, notes, { margin: { l: 12, r: 12, t: 64, b: 12 } });
  return { figure, notes, rows: points.map((point) => ({ label: labelOf(point), value: point.value })) };
}

interface Tile {
  readonly id: string;
  readonly parent: string;
  readonly name: string;
  readonly size: number;
  /** Exact; undefined for the sum of several tiles. */
  readonly value: Value | undefined;
}

/** A tile for each point and each level above it. Levels are as large as their parts together, as plotly.js sums them up. */
function tilesOf(points: readonly Point[]): readonly Tile[] {
  const tiles = new Map<string, Tile>();
  for (const { at, value } of points) {
    for (const depth of at.keys()) {
      const id = idOf(at.slice(0, depth + 1));
      const isLeaf = depth === at.length - 1;
      const size = (tiles.get(id)?.size ?? 0) + (toNumber(value) ?? 0);
      const parent = depth === 0 ? "" : idOf(at.slice(0, depth));
      tiles.set(id, { id, parent, name: String(at[depth]), size, value: isLeaf ? value : undefined });
    }
  }
  return [...tiles.values()];
}

function idOf(path: readonly Value[]): string {
  return plainText(JSON.stringify(path.map(String)));
}

function labelOf({ at }: Point): string {
  return at.map(String).join(" › ");
}
