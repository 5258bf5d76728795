import type { MimeBundle } from "../display.js";
import type { Kind } from "./column.js";
import type { RelationNode } from "./node.js";

/**
 * A value as JavaScript gets it: long as bigint; decimals, dates and times as exact text; lists as arrays, structs as
 * objects, maps as arrays of pairs.
 */
export type Value = string | number | bigint | boolean | null | Uint8Array | readonly Value[] | StructValue;

/** The fields of a struct by name. */
export interface StructValue {
  readonly [field: string]: Value;
}

interface Values {
  boolean: boolean;
  integer: number;
  long: bigint;
  double: number;
  decimal: string;
  string: string;
  date: string;
  timestamp: string;
  timestamp_ntz: string;
  binary: Uint8Array;
  list: readonly Value[] | StructValue;
}

/** What JavaScript gets for a kind of column. */
export type ValueOf<K extends Kind> = Values[K];

/** Gives relations their results: a lake with its engine. */
export interface Runner {
  collect(node: RelationNode): Promise<readonly Readonly<Record<string, Value>>[]>;
  count(node: RelationNode): Promise<number>;
  /** The first rows in forms to be displayed. */
  preview(node: RelationNode, rows: number): Promise<MimeBundle>;
  /** The result as a table of Apache Arrow. */
  toArrow(node: RelationNode): Promise<ArrowTable>;
}

/** The part of apache-arrow's `Table` that is used most; the value is one. */
export interface ArrowTable<N extends string = string> {
  readonly numRows: number;
  readonly numCols: number;
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] };
  getChild(name: N): ArrowColumn | null;
  toArray(): readonly Readonly<Record<N, unknown>>[];
}

/** The part of apache-arrow's `Vector` that is used most. */
export interface ArrowColumn extends Iterable<unknown> {
  readonly length: number;
  readonly nullCount: number;
  /** Has the `scale` of decimals. */
  readonly type: unknown;
  get(row: number): unknown;
  toArray(): ArrayLike<unknown>;
}
