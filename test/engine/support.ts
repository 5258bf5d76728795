import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PolarsEngine, type TableFiles } from "../../lib/engine/polars/engine.js";
import type { Column, KindOfType } from "../../lib/relation/column.js";
import { type Relation, type Shape, scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, field } from "../../lib/types.js";

/** Tables that tests put into the lake of `engine`. */
export const tables = new Map<string, TableFiles>();

const reads: ConstructorParameters<typeof PolarsEngine>[0] = {
  resolveTable: async ({ table }) => tables.get(table) ?? { files: [], partitionColumns: [], fields: [] },
};

export const engine = new PolarsEngine(reads);

/** Holds next to nothing: everything goes through files, and steps that hold rows take a few at a time. */
export const smallEngine = new PolarsEngine(reads, { rowsInMemory: 0, cellsInStep: 10 });

export type Cell = string | boolean | null;

type Kinds<T extends Readonly<Record<string, DataType>>> = { readonly [N in keyof T]: KindOfType<T[N]> };

/** A relation over rows written down. */
export function values<const T extends Readonly<Record<string, DataType>>>(
  types: T,
  rows: readonly (readonly Cell[])[],
): Relation<Kinds<T>> {
  return scan<Kinds<T>>(
    { kind: "values", rows },
    Object.entries(types).map(([name, type]) => field(name, type)),
    {
      collect: (node) => engine.collect(node),
      count: (node) => engine.count(node),
      preview: (node, rows) => engine.preview(node, rows),
      toArrow: (node) => engine.toArrow(node),
    },
  );
}

/** What an expression gives for each of the values of one column. */
export async function evaluate<T extends DataType>(
  type: T,
  cells: readonly Cell[],
  expression: (x: import("../../lib/relation/column.js").ColumnOf<KindOfType<T>>) => Column,
): Promise<readonly Value[]> {
  const relation = values(
    { x: type },
    cells.map((cell) => [cell]),
  );
  const result = (relation as unknown as Relation<Shape>).select((t) => ({
    y: expression((t as Record<string, never>)["x"] as never),
  }));
  return (await engine.collect(result.node)).map((row) => row["y"] ?? null);
}

/** What an expression gives for pairs of values. */
export async function evaluatePairs<A extends DataType, B extends DataType>(
  types: readonly [A, B],
  cells: readonly (readonly [Cell, Cell])[],
  expression: (
    a: import("../../lib/relation/column.js").ColumnOf<KindOfType<A>>,
    b: import("../../lib/relation/column.js").ColumnOf<KindOfType<B>>,
  ) => Column,
): Promise<readonly Value[]> {
  const relation = values({ a: types[0], b: types[1] }, cells) as unknown as Relation<Shape>;
  const result = relation.select((t) => {
    const columns = t as Record<string, never>;
    return { y: expression(columns["a"] as never, columns["b"] as never) };
  });
  return (await engine.collect(result.node)).map((row) => row["y"] ?? null);
}

/** Where files come to lie below a folder. */
export function locateIn(root: string): (path: string) => Promise<{ readonly url: string }> {
  return async (path) => {
    const url = join(root, path);
    await mkdir(dirname(url), { recursive: true });
    return { url };
  };
}
