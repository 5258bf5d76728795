import { type DataType, decimalType } from "../../types.js";
import {
  type NativeDataFrame,
  type NativeExpr,
  type NativeLazyFrame,
  type NativeSeries,
  native,
  type PublicDataFrame,
  publicFrames,
} from "./binding.js";
import { engineError, writeError } from "./engine_error.js";
import { fromNative, type PolarsExpr, rows } from "./polars_expr.js";

/**
 * Queries and frames on the handles inside nodejs-polars, which cost microseconds where its public wrapper objects cost
 * milliseconds. Only this file and `binding.ts` know them.
 */

/** A query that has not run yet. Immutable: every method gives a new one. */
export class LazyFrame {
  private readonly handle: NativeLazyFrame;

  constructor(handle: NativeLazyFrame) {
    this.handle = handle;
  }

  select(exprs: readonly PolarsExpr[]): LazyFrame {
    return new LazyFrame(this.handle.select(exprs.map(nativeExpr)));
  }
  /** Adds columns, or replaces those of the same name. */
  withColumns(exprs: readonly PolarsExpr[]): LazyFrame {
    return exprs.length === 0 ? this : new LazyFrame(this.handle.withColumns(exprs.map(nativeExpr)));
  }
  filter(condition: PolarsExpr): LazyFrame {
    return new LazyFrame(this.handle.filter(nativeExpr(condition)));
  }
  /** Equi-join. Left names win; a right column of the same name gets `suffix`; key columns are merged unless `keepKeys`. */
  join(
    other: LazyFrame,
    how: JoinHow,
    left: readonly PolarsExpr[],
    right: readonly PolarsExpr[],
    options: JoinSettings = {},
  ): LazyFrame {
    const { suffix = "_right", keepKeys = false } = options;
    const [leftOn, rightOn] = [left.map(nativeExpr), right.map(nativeExpr)];
    return new LazyFrame(
      this.handle.join(other.handle, leftOn, rightOn, true, false, how, suffix, !keepKeys, undefined),
    );
  }
  groupBy(keys: readonly PolarsExpr[], aggregates: readonly PolarsExpr[]): LazyFrame {
    return new LazyFrame(this.handle.groupby(keys.map(nativeExpr), false).agg(aggregates.map(nativeExpr)));
  }
  /** One row per combination of the columns: the first, or any; null keys are equal. */
  unique(names: readonly string[], keep: "first" | "any"): LazyFrame {
    return new LazyFrame(this.handle.unique([...names], keep, false));
  }
  /** All keys in one direction, nulls first. */
  sort(keys: readonly PolarsExpr[], descending: boolean): LazyFrame {
    return new LazyFrame(this.handle.sortByExprs(keys.map(nativeExpr), descending, false, false));
  }
  reverse(): LazyFrame {
    return new LazyFrame(this.handle.reverse());
  }
  /** Existing columns, each in its own direction; nulls first when ascending, last when descending. */
  sortEach(
    keys: readonly { readonly name: string; readonly descending: boolean; readonly nullable: boolean }[],
  ): LazyFrame {
    const context = new (native().SqlContext)();
    context.register("t", this.handle);
    const direction = (key: (typeof keys)[number]): string =>
      key.descending ? `DESC NULLS ${key.nullable ? "LAST" : "FIRST"}` : "ASC NULLS FIRST";
    const by = keys.map((key) => `"${key.name.replaceAll('"', '""')}" ${direction(key)}`);
    return new LazyFrame(context.execute(`SELECT * FROM t ORDER BY ${by.join(", ")}`));
  }
  slice(offset: number, rows: number): LazyFrame {
    return new LazyFrame(this.handle.slice(offset, rows));
  }
  /** With the rows' numbers from 0 as a column (unsigned, 32 bits). */
  withRowIndex(name: string): LazyFrame {
    return new LazyFrame(this.handle.withRowIndex(name, 0));
  }
  /** Runs the query for what it writes. Parts that appear twice are computed twice, for holding them would need memory. */
  async run(): Promise<void> {
    await this.handle.optimizationToggle(true, true, true, true, true, false, true, false).collect().catch(rethrow);
  }
  /** Runs the query on Polars' threads. */
  async collect(): Promise<Frame> {
    return new Frame(await this.handle.collect().catch(rethrow));
  }
  /** The number of rows; of files alone it is read from their footers. */
  rows(): number {
    return Number(this.select([rows()]).collectSync().column("len").getIdx(0));
  }
  /** Runs the query here and now: for small results, whose way through a thread would cost more. */
  collectSync(): Frame {
    try {
      return new Frame(this.handle.collectSync("auto"));
    } catch (error) {
      return rethrow(error);
    }
  }
  /** Streams the result into one Parquet file. */
  async sinkParquet(path: string): Promise<void> {
    const sinkOptions = { syncOnClose: "none", maintainOrder: true, mkdir: true };
    const options = { compression: "snappy", statistics: true, cloudOptions: {}, sinkOptions };
    await new LazyFrame(this.handle.sinkParquet(path, options)).run();
  }
  /** The plan in Polars' notation (JSON text); frames in memory stand in it with all their rows. */
  serialized(): string {
    return this.handle.serialize("json").toString();
  }
  /** The plan as Polars will run it. */
  explain(): string {
    return this.handle.describeOptimizedPlan();
  }
}

function rethrow(error: unknown): never {
  throw engineError(error);
}

/** Rows in memory. */
export class Frame {
  readonly handle: NativeDataFrame;

  constructor(handle: NativeDataFrame) {
    this.handle = handle;
  }

  get rows(): number {
    return this.handle.height;
  }
  get columns(): readonly string[] {
    return this.handle.columns;
  }
  lazy(): LazyFrame {
    return new LazyFrame(this.handle.lazy());
  }
  column(name: string): NativeSeries {
    return this.handle.column(name);
  }
  /** The column types, as far as a relation has them. */
  types(): ReadonlyMap<string, DataType> {
    const dtypes = this.handle.dtypes();
    return new Map(
      this.handle.columns.flatMap((name, i) => {
        const type = relationType(dtypes[i]);
        return type === undefined ? [] : [[name, type]];
      }),
    );
  }
  /** The names of columns of lists or structs. */
  nested(): ReadonlySet<string> {
    const dtypes = this.handle.dtypes();
    return new Set(this.handle.columns.filter((_, i) => isNested(dtypes[i])));
  }
  /** The first rows as a text table. */
  toString(): string {
    return this.handle.toString();
  }
  writeIpc(path: string): void {
    try {
      this.handle.writeIpc(path, "uncompressed");
    } catch (error) {
      throw writeError(error, path);
    }
  }
  /** The object that users of nodejs-polars know. */
  toPublic(): PublicDataFrame {
    return publicFrames()._DataFrame(this.handle);
  }
}

export type JoinHow = "inner" | "left" | "full" | "semi" | "anti";
export interface JoinSettings {
  readonly suffix?: string;
  readonly keepKeys?: boolean;
}

/** A query from a plan in Polars' serialised notation (JSON text). */
export function fromPlan(json: string): LazyFrame {
  return new LazyFrame(native().JsLazyFrame.deserialize(Buffer.from(json), "json"));
}

/** The same, or undefined for a plan of more steps than Polars can read. */
export function fromDeepPlan(json: string): LazyFrame | undefined {
  try {
    return fromPlan(json);
  } catch (error) {
    if (error instanceof Error && error.message.includes("recursion limit exceeded")) return undefined;
    throw error;
  }
}

/** The frame inside a `DataFrame` of nodejs-polars. */
export function fromPublic(frame: PublicDataFrame): Frame {
  return new Frame(frame._df as NativeDataFrame);
}

/** All rows of all frames, which must have the same schema. */
export function concatenate(frames: readonly LazyFrame[]): LazyFrame {
  const [first, ...others] = frames;
  if (first !== undefined && others.length === 0) return first;
  const handles = frames.map((frame) => frame["handle"]);
  return new LazyFrame(native().concatLf(handles, "vertical", false, true, false, true));
}

/** The rows of a Parquet file in memory. */
export function parquetFrame(bytes: Buffer): Frame {
  return new Frame(native().readParquet(bytes, {}, "auto"));
}

/** A frame of text columns. */
export function textFrame(
  columns: readonly { readonly name: string; readonly values: readonly (string | null)[] }[],
): Frame {
  const { JsDataFrame, JsSeries } = native();
  return new Frame(new JsDataFrame(columns.map(({ name, values }) => JsSeries.newOptStr(name, [...values]))));
}

/** A frame with one Int32 column. */
export function int32Frame(name: string, values: Int32Array): Frame {
  const { JsDataFrame, JsSeries } = native();
  return new Frame(new JsDataFrame([JsSeries.newInt32Array(name, values)]));
}

/** Whether a value is one of a column's, which stand in the expression; null when the value is. */
export function isOneOf(value: PolarsExpr, values: NativeSeries): PolarsExpr {
  return fromNative(nativeExpr(value).isIn(native().lit(values), false).serialize("json"));
}

function nativeExpr(expr: PolarsExpr): NativeExpr {
  return native().JsExpr.deserialize(Buffer.from(expr), "json");
}

/** A column type as the binding names it: a plain name, or a variant with its parameters. */
function relationType(dtype: unknown): DataType | undefined {
  if (typeof dtype === "string") return RELATION_TYPES[dtype];
  const { variant, inner } = dtype as { readonly variant: string; readonly inner: readonly unknown[] };
  switch (variant) {
    case "Decimal":
      return decimalType(Number(inner[0]), Number(inner[1]));
    case "Datetime":
      return inner[1] === "" || inner[1] === null ? "timestamp_ntz" : "timestamp";
    case "List": {
      const elementType = relationType(inner[0]);
      return elementType === undefined ? undefined : { type: "array", elementType, containsNull: true };
    }
    default:
      return undefined;
  }
}

function isNested(dtype: unknown): boolean {
  return /^(List|FixedSizeList|Struct)$/.test(String((dtype as { readonly variant?: string }).variant));
}

const RELATION_TYPES: Readonly<Record<string, DataType>> = {
  Bool: "boolean",
  Int8: "byte",
  Int16: "short",
  Int32: "integer",
  Int64: "long",
  Float32: "float",
  Float64: "double",
  String: "string",
  Utf8: "string",
  Binary: "binary",
  Date: "date",
};
