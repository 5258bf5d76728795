import type { Kind } from "../relation/column.js";
import type { Shape } from "../relation/relation.js";
import type { ChartLocale } from "./theme.js";

type NumberKind = "integer" | "long" | "double" | "decimal";
type TimeKind = "date" | "timestamp" | "timestamp_ntz";

/** Names of the columns of these kinds; any name where the columns are not known to the compiler. */
type NameOf<S extends Shape, K extends Kind> = string extends keyof S
  ? string
  : { [N in keyof S & string]: S[N] extends K ? N : never }[keyof S & string];

/** A column along which values are laid out. */
export type AxisColumn<S extends Shape> = NameOf<S, NumberKind | TimeKind | "string" | "boolean">;
/** A column whose values are told apart by colour, or by the tiles of a tree. */
export type GroupColumn<S extends Shape> = NameOf<S, Exclude<NumberKind, "double"> | TimeKind | "string" | "boolean">;
export type NumberColumn<S extends Shape> = NameOf<S, NumberKind>;
/** A column that can be divided into bins. */
export type BinColumn<S extends Shape> = NameOf<S, NumberKind | TimeKind>;

/** How the values of one point are put together. */
export type AggregateName = "sum" | "avg" | "min" | "max";

interface ChartOptions {
  readonly title?: string;
  /** Height in pixels; default 400. */
  readonly height?: number;
  /** How numbers and dates are written; default the workspace's setting `locale`. */
  readonly locale?: ChartLocale;
}

/** A line, bar or area chart. */
export interface XyOptions<S extends Shape> extends ChartOptions {
  readonly x: AxisColumn<S>;
  /** Default: the number of rows. */
  readonly y?: NumberColumn<S>;
  /** One line, bar or area for each value; the seven of most weight, and the others together. */
  readonly color?: GroupColumn<S>;
  /** Default `sum`. */
  readonly aggregate?: AggregateName;
}

export interface HistogramOptions<S extends Shape> extends ChartOptions {
  readonly x: BinColumn<S>;
  readonly color?: GroupColumn<S>;
}

export interface HeatmapOptions<S extends Shape> extends ChartOptions {
  readonly x: AxisColumn<S>;
  readonly y: AxisColumn<S>;
  /** What the colour of a cell says; default the number of rows. */
  readonly value?: NumberColumn<S>;
  readonly aggregate?: AggregateName;
}

export interface ScatterOptions<S extends Shape> extends ChartOptions {
  readonly x: BinColumn<S>;
  readonly y: BinColumn<S>;
  readonly color?: GroupColumn<S>;
}

export interface TreemapOptions<S extends Shape> extends ChartOptions {
  /** From the outermost tiles to the innermost. */
  readonly path: readonly [GroupColumn<S>, ...GroupColumn<S>[]];
  /** The size of a tile, summed up; default the number of rows. */
  readonly value?: NumberColumn<S>;
}

/** The options of a chart as those who draw it see them. */
export interface Wanted extends ChartOptions {
  readonly locale: ChartLocale;
}
