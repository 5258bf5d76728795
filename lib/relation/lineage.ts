import { children, type Expr } from "./expr.js";
import { inputsOf, type RelationNode, type Scan, type Source } from "./node.js";
import type { Relation } from "./relation.js";

/** A column of a source: a table's name, or how else the source is called. */
export interface SourceColumn {
  readonly source: string;
  readonly column: string;
}

/** Where the columns of a relation come from, by name. */
export type ColumnSources = ReadonlyMap<string, readonly SourceColumn[]>;

/**
 * Which source columns feed each column of a relation: through expressions and join keys, sorted by source and name.
 * Conditions of filters, the keys of sorts and the order of windows decide about rows, not values, and are left out; only
 * a window that has no other value, such as a row number, comes from its own keys.
 * @param frames where the columns of a materialised relation came from, by the id of its frame: the trace goes on there
 */
export function lineage(
  relation: Pick<Relation, "node">,
  frames: (id: string) => ColumnSources | undefined = () => undefined,
): ColumnSources {
  const sources = new Tracer(frames).trace(relation.node);
  return new Map(relation.node.fields.map((f) => [f.name, sorted(sources.get(f.name) ?? [])]));
}

/** Traces each node once, however many relations are built on it. */
class Tracer {
  readonly #frames: (id: string) => ColumnSources | undefined;
  readonly #traced = new Map<RelationNode, ColumnSources>();

  constructor(frames: (id: string) => ColumnSources | undefined) {
    this.#frames = frames;
  }

  trace(node: RelationNode): ColumnSources {
    const known = this.#traced.get(node) ?? this.#sourcesOf(node);
    this.#traced.set(node, known);
    return known;
  }

  #sourcesOf(node: RelationNode): ColumnSources {
    switch (node.op) {
      case "scan":
        return this.#scanned(node);
      case "project": {
        const input = this.trace(node.input);
        return new Map(node.columns.map(({ name, expr }) => [name, origins(expr, input)]));
      }
      case "groupBy": {
        const input = this.trace(node.input);
        const keys = node.keys.map((key): [string, readonly SourceColumn[]] => [key, input.get(key) ?? []]);
        return new Map([
          ...keys,
          ...node.aggregates.map(({ name, expr }): [string, readonly SourceColumn[]] => [name, origins(expr, input)]),
        ]);
      }
      case "join": {
        const [left, right] = [this.trace(node.left), this.trace(node.right)];
        const rightKey = new Map(node.on.map((key) => [key.left, key.right]));
        return new Map(
          node.fields.map(({ name }) => {
            const key = node.how === "full" ? rightKey.get(name) : undefined;
            const fromRight =
              key === undefined ? (left.has(name) ? [] : (right.get(name) ?? [])) : (right.get(key) ?? []);
            return [name, unique([...(left.get(name) ?? []), ...fromRight])];
          }),
        );
      }
      case "union": {
        const inputs = node.inputs.map((input) => this.trace(input));
        return new Map(node.fields.map(({ name }) => [name, unique(inputs.flatMap((input) => input.get(name) ?? []))]));
      }
      default: {
        const [input] = inputsOf(node);
        return input ? this.trace(input) : new Map();
      }
    }
  }

  #scanned({ source, fields }: Scan): ColumnSources {
    const known = source.kind === "frame" ? this.#frames(source.id) : undefined;
    if (known) return known;
    const name = sourceName(source);
    return new Map(fields.map((f) => [f.name, name === undefined ? [] : [{ source: name, column: f.name }]]));
  }
}

function origins(expr: Expr, input: ColumnSources): readonly SourceColumn[] {
  const names = new Set<string>();
  collectValues(expr, names, new Set());
  return unique([...names].flatMap((name) => input.get(name) ?? []));
}

/** Names of the columns whose values go into an expression's value. */
function collectValues(expr: Expr, names: Set<string>, seen: Set<Expr>): void {
  if (seen.has(expr)) return;
  seen.add(expr);
  if (expr.kind === "column") names.add(expr.name);
  for (const child of valueChildren(expr)) collectValues(child, names, seen);
}

function valueChildren(expr: Expr): readonly Expr[] {
  if (expr.kind !== "window") return children(expr);
  return expr.args.length > 0 ? expr.args : [...expr.partitionBy, ...expr.orderBy.map((key) => key.expr)];
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
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...columns].sort((a, b) => order(a.source, b.source) || order(a.column, b.column));
}

function unique(columns: readonly SourceColumn[]): readonly SourceColumn[] {
  if (columns.length < 2) return columns;
  return [...new Map(columns.map((column) => [`${column.source}\u0000${column.column}`, column])).values()];
}
