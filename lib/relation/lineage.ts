import { columnsIn, type Expr } from "./expr.js";
import { inputsOf, type RelationNode, type Source } from "./node.js";
import type { Relation } from "./relation.js";

/** A column of a source: a table's name, or how else the source is called. */
export interface SourceColumn {
  readonly source: string;
  readonly column: string;
}

/**
 * Which source columns feed each column of a relation: through expressions and join keys, sorted by source and name.
 * Conditions of filters and the keys of sorts decide about rows, not values, and are left out.
 */
export function lineage(relation: Pick<Relation, "node">): ReadonlyMap<string, readonly SourceColumn[]> {
  const origins = trace(relation.node);
  return new Map(relation.node.fields.map((f) => [f.name, sorted(origins.get(f.name) ?? [])]));
}

type Origins = ReadonlyMap<string, readonly SourceColumn[]>;

function trace(node: RelationNode): Origins {
  switch (node.op) {
    case "scan": {
      const source = sourceName(node.source);
      return new Map(node.fields.map((f) => [f.name, source === undefined ? [] : [{ source, column: f.name }]]));
    }
    case "project": {
      const input = trace(node.input);
      return new Map(node.columns.map(({ name, expr }) => [name, origins(expr, input)]));
    }
    case "groupBy": {
      const input = trace(node.input);
      const keys = node.keys.map((key): [string, readonly SourceColumn[]] => [key, input.get(key) ?? []]);
      return new Map([
        ...keys,
        ...node.aggregates.map(({ name, expr }): [string, readonly SourceColumn[]] => [name, origins(expr, input)]),
      ]);
    }
    case "join": {
      const [left, right] = [trace(node.left), trace(node.right)];
      const rightKey = new Map(node.on.map((key) => [key.left, key.right]));
      return new Map(
        node.fields.map(({ name }) => {
          const key = node.how === "full" ? rightKey.get(name) : undefined;
          const fromRight =
            key === undefined ? (left.has(name) ? [] : (right.get(name) ?? [])) : (right.get(key) ?? []);
          return [name, [...(left.get(name) ?? []), ...fromRight]];
        }),
      );
    }
    case "union": {
      const inputs = node.inputs.map(trace);
      return new Map(node.fields.map(({ name }) => [name, inputs.flatMap((input) => input.get(name) ?? [])]));
    }
    default: {
      const [input] = inputsOf(node);
      return input ? trace(input) : new Map();
    }
  }
}

function origins(expr: Expr, input: Origins): readonly SourceColumn[] {
  return columnsIn(expr).flatMap((name) => input.get(name) ?? []);
}

function sourceName(source: Source): string | undefined {
  switch (source.kind) {
    case "table":
      return source.table;
    case "file":
      return source.path;
    case "values":
      return undefined;
    case "frame":
      return `frame ${source.id}`;
  }
}

function sorted(columns: readonly SourceColumn[]): readonly SourceColumn[] {
  const unique = new Map(columns.map((column) => [`${column.source}\u0000${column.column}`, column]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, column]) => column);
}
