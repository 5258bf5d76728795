import { createRequire } from "node:module";
import { TslakeError } from "../../errors.js";

/**
 * The native module inside nodejs-polars, as far as the engine uses it. Everything it relies on is checked when it is
 * first loaded and tested against the pinned version.
 */

const VERSION = "0.24.1";

/** A `DataFrame` of nodejs-polars. */
export interface PublicDataFrame {
  readonly _df: unknown;
}

export interface NativeSeries {
  readonly dtype: unknown;
  len(): number;
  nullCount(): number;
  toTypedArray(): ArrayLike<number> | ArrayLike<bigint>;
  toArray(): unknown[];
  getIdx(index: number): unknown;
}

export interface NativeExpr {
  isIn(values: NativeExpr, nullsEqual: boolean): NativeExpr;
  serialize(format: "json"): Buffer;
}

export interface NativeLazyGroupBy {
  agg(exprs: readonly NativeExpr[]): NativeLazyFrame;
}

export interface NativeLazyFrame {
  select(exprs: readonly NativeExpr[]): NativeLazyFrame;
  withColumns(exprs: readonly NativeExpr[]): NativeLazyFrame;
  filter(predicate: NativeExpr): NativeLazyFrame;
  join(
    other: NativeLazyFrame,
    leftOn: readonly NativeExpr[],
    rightOn: readonly NativeExpr[],
    allowParallel: boolean,
    forceParallel: boolean,
    how: string,
    suffix: string,
    coalesce: boolean,
    validate: undefined,
  ): NativeLazyFrame;
  groupby(keys: readonly NativeExpr[], maintainOrder: boolean): NativeLazyGroupBy;
  unique(subset: readonly string[], keep: string, maintainOrder: boolean): NativeLazyFrame;
  sortByExprs(
    by: readonly NativeExpr[],
    descending: boolean,
    nullsLast: boolean,
    maintainOrder: boolean,
  ): NativeLazyFrame;
  reverse(): NativeLazyFrame;
  slice(offset: number, length: number): NativeLazyFrame;
  withRowIndex(name: string, offset: number): NativeLazyFrame;
  optimizationToggle(
    typeCoercion: boolean,
    predicatePushdown: boolean,
    projectionPushdown: boolean,
    simplifyExpr: boolean,
    slicePushdown: boolean,
    commonSubplans: boolean,
    commonSubexpressions: boolean,
    streaming: boolean,
  ): NativeLazyFrame;
  collect(): Promise<NativeDataFrame>;
  collectSync(engine: string): NativeDataFrame;
  sinkParquet(path: string, options: object): NativeLazyFrame;
  serialize(format: "json"): Buffer;
  describeOptimizedPlan(): string;
}

export interface NativeDataFrame {
  readonly height: number;
  readonly columns: readonly string[];
  lazy(): NativeLazyFrame;
  dtypes(): readonly unknown[];
  column(name: string): NativeSeries;
  writeIpc(path: string, compression: string): void;
}

export interface NativeModule {
  readonly JsExpr: { deserialize(json: Buffer, format: "json"): NativeExpr };
  readonly JsLazyFrame: { deserialize(json: Buffer, format: "json"): NativeLazyFrame };
  readonly JsDataFrame: new (columns: readonly NativeSeries[]) => NativeDataFrame;
  readonly JsSeries: {
    newOptStr(name: string, values: readonly (string | null)[]): NativeSeries;
    newInt32Array(name: string, values: Int32Array): NativeSeries;
  };
  readonly SqlContext: new () => {
    register(name: string, frame: NativeLazyFrame): void;
    execute(sql: string): NativeLazyFrame;
  };
  lit(values: NativeSeries): NativeExpr;
  readParquet(bytes: Buffer, options: object, parallel: string): NativeDataFrame;
  concatLf(
    frames: readonly NativeLazyFrame[],
    how: string,
    rechunk: boolean,
    parallel: boolean,
    toSupertypes: boolean,
    maintainOrder: boolean,
  ): NativeLazyFrame;
}

const load = createRequire(typeof __filename === "string" ? __filename : `${process.cwd()}/`);
let loaded: NativeModule | undefined;

/**
 * The native module, loaded at the first call.
 * @throws TslakeError when it is not that of the pinned version
 */
export function native(): NativeModule {
  loaded ??= verified(load("nodejs-polars/bin/native-polars.js"));
  return loaded;
}

function verified(module: NativeModule): NativeModule {
  const { version } = load("nodejs-polars/package.json") as { readonly version: string };
  const parts = [
    module.JsExpr?.deserialize,
    module.JsLazyFrame?.deserialize,
    module.JsSeries?.newOptStr,
    module.JsDataFrame,
    module.concatLf,
    module.lit,
    module.readParquet,
  ];
  if (version !== VERSION || parts.some((part) => typeof part !== "function")) {
    throw new TslakeError("this version of nodejs-polars is not the one that the engine is made for", {
      expected: `nodejs-polars ${VERSION}`,
      actual: `nodejs-polars ${version}`,
      remedy: "run npm ci",
    });
  }
  return module;
}

/** The module that makes what users of nodejs-polars know. */
export function publicFrames(): { _DataFrame(handle: NativeDataFrame): PublicDataFrame } {
  return load("nodejs-polars/bin/dataframe.js");
}
