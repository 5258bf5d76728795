import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import type { PolarsEngine } from "../engine/polars/engine.js";
import { POSITION } from "../engine/polars/table_files.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import { call, wrap } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import { literalExpr } from "../relation/literal.js";
import { Relation } from "../relation/relation.js";
import { Choice } from "../relation/when.js";
import { field, type StructField } from "../types.js";
import { both, columnExpr, equal, filtered, isNotNull, project } from "./expressions.js";
import { scanFiles } from "./table_reads.js";

/** Which rows shall lie together: sorted by columns, or along a curve that keeps the values of each column together. */
export interface Clustering {
  readonly order: "sorted" | "z-order";
  readonly columns: readonly StructField[];
}

type Limit = string | number | bigint | boolean;

/** Rows that one sort may hold. */
const ROWS_IN_SORT = 5_000_000;

/** Rows whose values tell how a column is distributed. */
const SAMPLE_ROWS = 20_000;

/** A column's values are told apart by 2^6 classes of about equally many rows. */
const BITS = 6;

/** The rows of files, clustered: pieces, each small enough to be sorted in memory, that make the order when put in turn. */
export async function clusteredRows(
  engine: PolarsEngine,
  snapshot: Snapshot,
  files: readonly AddFile[],
  rows: number,
  { order, columns }: Clustering,
): Promise<readonly Relation[]> {
  const whole = scanFiles(snapshot, files, engine);
  const byColumns = columns.map(columnExpr);
  const pieces = Math.ceil(rows / ROWS_IN_SORT);
  if (order === "sorted" && pieces <= 1) return [sorted(whole, byColumns)];

  const sample = await sampleOf(engine, snapshot, files, rows, columns);
  try {
    const position = order === "sorted" ? await classOf(sample, columns[0]) : await zPosition(sample, columns);
    const keys = order === "sorted" ? byColumns : [position, ...byColumns];
    const limits = await quantiles(project(sample, [{ name: POSITION.row, expr: position }]), POSITION.row, pieces);
    return between(position, limits).map((condition) =>
      sorted(condition === undefined ? whole : filtered(whole, condition), keys),
    );
  } finally {
    engine.release(sample.node);
  }
}

/** The values of some columns in rows that lie evenly spread over the files. */
async function sampleOf(
  engine: PolarsEngine,
  snapshot: Snapshot,
  files: readonly AddFile[],
  rows: number,
  columns: readonly StructField[],
): Promise<Relation> {
  const row = field(POSITION.row, "long", false);
  const step = literalExpr(Math.max(1, Math.floor(rows / SAMPLE_ROWS)), "long");
  const isChosen = equal(call("modulo", [columnExpr(row), step], "long", false).expr, literalExpr(0, "long"));
  const chosen = filtered(scanFiles(snapshot, files, engine, [...columns, row]), isChosen);
  return new Relation(await engine.materialize(chosen.node), engine);
}

/** Where a row lies on the curve: the bits of its classes by each column, interleaved. */
async function zPosition(sample: Relation, columns: readonly StructField[]): Promise<Expr> {
  const parts: Expr[] = [];
  for (const [i, column] of columns.entries()) {
    parts.push(await classOf(sample, column, (number) => interleaved(number, i, columns.length)));
  }
  return parts.reduce((sum, part) => call("add", [sum, part], "long", false).expr);
}

/** The number of a row's class by a column, from 0; nulls are in the first. `weight` is what stands for a number. */
async function classOf(
  sample: Relation,
  column: StructField | undefined,
  weight: (number: number) => bigint = BigInt,
): Promise<Expr> {
  if (column === undefined) return literalExpr(0, "long");
  const limits = await quantiles(sample, column.name, 2 ** BITS);
  // Few values lie as far apart on the curve as many.
  const number = (reached: number): number => Math.floor((reached * 2 ** BITS) / (limits.length + 1));
  return search(column, limits, 0, (below) => literalExpr(weight(number(below)), "long"));
}

/** A tree of choices, so that it is not deep: what stands for the number of limits that a value reaches. */
function search(column: StructField, limits: readonly Limit[], below: number, result: (reached: number) => Expr): Expr {
  const middle = limits.length >> 1;
  const limit = limits[middle];
  if (limit === undefined) return result(below);
  const reaches = call<BooleanColumn>("ge", [columnExpr(column), literalExpr(limit, column.type)], "boolean");
  const above = search(column, limits.slice(middle + 1), below + middle + 1, result);
  return new Choice<"long">([])
    .when(reaches, wrap(above))
    .otherwise(wrap(search(column, limits.slice(0, middle), below, result))).expr;
}

/** The values, each once, that split a column's values into so many classes: one less than classes, or fewer. */
async function quantiles(relation: Relation, name: string, classes: number): Promise<readonly Limit[]> {
  const values = filtered(relation.select([name]), isNotNull(columnExpr(fieldOf(relation, name))));
  const rows = await values.orderBy((t) => [t[name] ?? []].flat()).collect();
  const chosen = Array.from(
    { length: classes - 1 },
    (_, i) => rows[Math.floor(((i + 1) * rows.length) / classes)]?.[name],
  );
  const above = chosen.filter((value) => value !== rows[0]?.[name]);
  return [...new Set(above)].filter((value) => isPlain(value)).filter((value) => !Number.isNaN(value));
}

function fieldOf(relation: Relation, name: string): StructField {
  return relation.fields.find((one) => one.name === name) ?? field(name, "string");
}

function isPlain(value: unknown): value is Limit {
  return ["string", "number", "bigint", "boolean"].includes(typeof value);
}

/** The conditions for a position to lie below the first limit, between each two, and from the last on. */
function between(position: Expr, limits: readonly Limit[]): readonly (Expr | undefined)[] {
  const compare = (fn: "ge" | "lt", limit: Limit | undefined): Expr | undefined =>
    limit === undefined ? undefined : call(fn, [position, literalExpr(limit, "long")], "boolean", false).expr;
  return Array.from({ length: limits.length + 1 }, (_, i) => {
    const [from, to] = [compare("ge", limits[i - 1]), compare("lt", limits[i])];
    return from && to ? both(from, to) : (from ?? to);
  });
}

/** The bits of a number, each moved to its place beside those of the other columns. */
function interleaved(number: number, column: number, columns: number): bigint {
  let spread = 0n;
  for (let bit = 0; bit < BITS; bit++) {
    if ((number >> bit) & 1) spread |= 1n << BigInt(bit * columns + (columns - 1 - column));
  }
  return spread;
}

function sorted({ node, runner, fields }: Relation, keys: readonly Expr[]): Relation {
  return new Relation(
    { op: "sort", input: node, orderBy: keys.map((expr) => ({ expr, descending: false })), fields },
    runner,
  );
}
