import type { StructField } from "../types.js";
import type { Expr, SortKey } from "./expr.js";

/** Relations as plain values: a tree of operators over sources. A relation is a bag of rows; only `sort` gives an order, and only `limit` and the final result keep it. */
export type RelationNode = Scan | Project | Filter | Join | GroupBy | Distinct | Union | Sort | Limit;

interface WithFields {
  /** The columns of the result, in order. */
  readonly fields: readonly StructField[];
}

export interface Scan extends WithFields {
  readonly op: "scan";
  readonly source: Source;
}

/** Computes columns; everything not named is gone. Windows may stand anywhere in these expressions, aggregates nowhere. */
export interface Project extends WithFields {
  readonly op: "project";
  readonly input: RelationNode;
  readonly columns: readonly NamedExpr[];
}

/** Keeps the rows for which the condition is true (not null, not false). */
export interface Filter extends WithFields {
  readonly op: "filter";
  readonly input: RelationNode;
  readonly condition: Expr;
}

/**
 * Equi-join on columns; a null key matches nothing. `inner`, `left` and `full` give the left columns, then those right
 * columns that are no keys; a `full` join's keys come from whichever side has the row. `semi` and `anti` give left rows once.
 */
export interface Join extends WithFields {
  readonly op: "join";
  readonly how: JoinType;
  readonly left: RelationNode;
  readonly right: RelationNode;
  readonly on: readonly { readonly left: string; readonly right: string }[];
  /** Null keys match each other (for whole-row comparison). */
  readonly nullsEqual: boolean;
}

export type JoinType = "inner" | "left" | "full" | "semi" | "anti";

/** One row per different combination of the keys; nulls form a group. Without keys: one row, also for no input. */
export interface GroupBy extends WithFields {
  readonly op: "groupBy";
  readonly input: RelationNode;
  readonly keys: readonly string[];
  readonly aggregates: readonly NamedExpr[];
}

/** One row per combination of `on` (nulls equal): the first by `orderBy`. Without `orderBy`, `on` holds all columns. */
export interface Distinct extends WithFields {
  readonly op: "distinct";
  readonly input: RelationNode;
  readonly on: readonly string[];
  readonly orderBy: readonly SortKey[];
}

/** All rows of all inputs, duplicates kept; inputs have the same columns in the same order. */
export interface Union extends WithFields {
  readonly op: "union";
  readonly inputs: readonly RelationNode[];
}

export interface Sort extends WithFields {
  readonly op: "sort";
  readonly input: RelationNode;
  readonly orderBy: readonly SortKey[];
}

export interface Limit extends WithFields {
  readonly op: "limit";
  readonly input: RelationNode;
  readonly rows: number;
}

export interface NamedExpr {
  readonly name: string;
  readonly expr: Expr;
}

/** Where rows come from. */
export type Source = TableSource | FileSource | ValuesSource | FrameSource;

/** A lake table at a version (default: the newest when first used); with `since`, only the rows that commits after that version have added. */
export interface TableSource {
  readonly kind: "table";
  readonly table: string;
  readonly version?: number;
  readonly since?: number;
}

/**
 * One file in a landing zone. The relation has the file's columns, all text for CSV and NDJSON, and `_row` (long), the
 * line in the file at which the row begins (Parquet: its number from 1).
 */
export interface FileSource {
  readonly kind: "file";
  readonly path: string;
  readonly format: "csv" | "parquet";
  /** CSV: 0-based record numbers to leave out, because they have too few or too many fields. */
  readonly skip?: readonly number[];
  /** CSV: a quoted field without content is the empty text; otherwise it is null, like one without quotes. */
  readonly emptyTexts?: boolean;
  /** CSV: the line of each record, where quoted fields hold line breaks; otherwise record `i` stands in line `i + 2`. */
  readonly lines?: Int32Array;
}

/**
 * Rows written down; each holds the values of the fields in order, as text or boolean, null for null. Binary as
 * hexadecimal digits; lists, structs and maps (lists of `key` and `value`) as JSON with every value below them as text.
 */
export interface ValuesSource {
  readonly kind: "values";
  readonly rows: readonly (readonly (string | boolean | null)[])[];
}

/** A frame that the engine holds, by its id: a materialised relation, or one made with the engine itself. */
export interface FrameSource {
  readonly kind: "frame";
  readonly id: string;
}

/** The inputs of an operator. */
export function inputsOf(node: RelationNode): readonly RelationNode[] {
  switch (node.op) {
    case "scan":
      return [];
    case "join":
      return [node.left, node.right];
    case "union":
      return node.inputs;
    default:
      return [node.input];
  }
}

/** Every source below a node, in order of appearance. */
export function sourcesOf(node: RelationNode): readonly Source[] {
  return node.op === "scan" ? [node.source] : inputsOf(node).flatMap(sourcesOf);
}
