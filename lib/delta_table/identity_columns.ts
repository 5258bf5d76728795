import { parseSchema, serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { DataError, DeltaError } from "../errors.js";
import { call } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import { literalExpr } from "../relation/literal.js";
import { Relation } from "../relation/relation.js";
import { formatType, type StructField } from "../types.js";
import type { FileTarget } from "./data_files.js";
import { columnExpr } from "./expressions.js";
import type { Evolution } from "./schema_evolution.js";

/** How a column's values are generated (protocol, "Identity Columns"): start + k × step, always beyond the high water mark. */
interface Identity {
  readonly start: bigint;
  readonly step: bigint;
  readonly highWaterMark: bigint | undefined;
  readonly allowExplicitInsert: boolean;
}

/** New rows with what generates the values of identity columns that they lack. */
export interface IdentityRows {
  /** The rows, numbered where that is needed. */
  readonly rows: Relation;
  /** Of each column that is generated its value, over the rows' columns under the names that `rename` gives them. */
  values(rename?: (name: string) => string): ReadonlyMap<string, Expr>;
  /** The table's columns, with the high water marks after these rows. */
  readonly fields: readonly StructField[];
  /** Lets go of what is held of the rows. */
  release(): void;
}

/** Whether a column is an identity column. */
export function isIdentity({ metadata }: StructField): boolean {
  return `${PREFIX}start` in metadata;
}

/**
 * Numbers new rows for the identity columns whose values are to be generated. Values may be left out in between.
 * @throws DataError when a column has no more values
 */
export async function identityRows(
  { engine, schema, label }: FileTarget,
  rows: Relation,
  isGenerated: (name: string) => boolean,
): Promise<IdentityRows> {
  const { fields } = schema;
  const generated = fields.filter((f) => isIdentity(f) && isGenerated(f.name));
  if (generated.length === 0) return { rows, values: () => new Map(), fields, release: () => undefined };
  const held = await engine.materializeNumbered(rows.node, NUMBER);
  const count = BigInt(await engine.count(held));
  try {
    const series = generated.map((column) => ({ column, ...seriesOf(column, count, label) }));
    return {
      rows: new Relation(held, engine),
      values: (rename = (name) => name) =>
        new Map(series.map(({ column, first, step }) => [column.name, termOf(first, step, rename(NUMBER))])),
      fields: fields.map((f) => {
        const found = series.find(({ column }) => column === f);
        return found && count > 0n ? { ...f, metadata: { ...f.metadata, [MARK]: numberOf(found.last) } } : f;
      }),
      release: () => engine.release(held),
    };
  } catch (error) {
    engine.release(held);
    throw error;
  }
}

/** The columns with which a write leaves the table, with the marks of the rows that it adds. */
export function withMarks(
  evolution: Evolution,
  snapshot: Snapshot,
  { fields }: Pick<IdentityRows, "fields">,
): Evolution {
  const { layout, metadata } = evolution;
  if (fields.every((f, i) => f === layout.schema.fields[i])) return evolution;
  const schema = { type: "struct" as const, fields };
  const { configuration } = metadata ?? snapshot.metadata;
  return { layout: { schema }, metadata: { schemaString: serializeSchema(schema), configuration } };
}

/** @throws DataError when the values of one of these columns are always generated, and new rows bring their own */
export function refuseGiven(given: Iterable<string>, fields: readonly StructField[], label: string): void {
  const names = new Set(given);
  const found = fields.find((f) => names.has(f.name) && isIdentity(f) && !identityOf(f, label).allowExplicitInsert);
  if (found) throw generatedOnly(found.name, label);
}

/** @throws DataError when one of the columns that an update sets is an identity column */
export function refuseUpdates(set: Iterable<string>, fields: readonly StructField[], label: string): void {
  const names = new Set(set);
  const found = fields.find((f) => names.has(f.name) && isIdentity(f));
  if (found) throw generatedOnly(found.name, label);
}

/** A past schema with the high water marks of the present one, below which values have been given. */
export function withPresentMarks(past: string, present: string): string {
  if (!past.includes(PREFIX)) return past;
  const { fields } = parseSchema(present);
  const marked = parseSchema(past).fields.map((f) => {
    const mark = fields.find(({ name }) => name === f.name)?.metadata[MARK];
    return isIdentity(f) && mark !== undefined ? { ...f, metadata: { ...f.metadata, [MARK]: mark } } : f;
  });
  return serializeSchema({ type: "struct", fields: marked });
}

const PREFIX = "delta.identity.";
const MARK = `${PREFIX}highWaterMark`;
const NUMBER = "_metadata.number";
const GREATEST = 2n ** 63n - 1n;

function identityOf(column: StructField, label: string): Identity {
  const number = (name: string): bigint | undefined => {
    const value = column.metadata[`${PREFIX}${name}`];
    return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : undefined;
  };
  const [start, step] = [number("start"), number("step") ?? 1n];
  if (start !== undefined && step !== 0n && column.type === "long") {
    const allowExplicitInsert = column.metadata[`${PREFIX}allowExplicitInsert`] === true;
    return { start, step, highWaterMark: number("highWaterMark"), allowExplicitInsert };
  }
  throw new DeltaError(`${label}: ${column.name} is no identity column that values can be generated for`, {
    where: { table: label, column: column.name },
    expected: "a long with a start and a step other than 0",
    actual: `${formatType(column.type)}, start ${start ?? "unknown"}, step ${step}`,
  });
}

/** The first and the last value for so many rows. */
function seriesOf(column: StructField, count: bigint, label: string) {
  const { start, step, highWaterMark: mark } = identityOf(column, label);
  const isBeyond = mark === undefined || (step > 0n ? mark < start : mark > start);
  const first = isBeyond ? start : start + ((mark - start) / step + 1n) * step;
  const last = first + (count - 1n) * step;
  if (count === 0n || (last <= GREATEST && last >= -GREATEST - 1n)) return { first, step, last };
  throw new DataError(`${label}: the identity column ${column.name} has no values for ${count} more rows`, {
    where: { table: label, column: column.name },
    expected: `at most ${GREATEST}`,
    actual: String(last),
  });
}

function termOf(first: bigint, step: bigint, number: string): Expr {
  const index = columnExpr({ name: number, type: "long", nullable: false, metadata: {} });
  const steps = call("multiply", [index, literalExpr(step, "long")], "long", false).expr;
  return call("add", [literalExpr(first, "long"), steps], "long", false).expr;
}

function numberOf(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function generatedOnly(column: string, label: string): DataError {
  return new DataError(`${label}: the values of ${column} are generated, they cannot be given`, {
    where: { table: label, column },
    remedy: "Leave the column out.",
  });
}
