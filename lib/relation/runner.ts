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
  /** Displays the first rows in a notebook, or prints them. */
  show(node: RelationNode, rows: number): Promise<void>;
}
