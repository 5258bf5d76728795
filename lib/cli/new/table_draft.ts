import type { ColumnSpec } from "../../contract/column_spec.js";
import type { AnyTable, Landing } from "../../contract/define_table.js";

/** What a new table is going to be, before it is written down. */
export interface TableDraft {
  readonly layer: "bronze" | "silver" | "gold";
  /** Without the layer. */
  readonly name: string;
  readonly description: string;
  readonly grain: string;
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  /** Of a table typed from bronze: the column that says from which file and line a row is. */
  readonly place?: string;
  /** Of a bronze table: which files it takes. */
  readonly landing?: Landing;
  /** The tables that it reads, in the order given. */
  readonly from: readonly AnyTable[];
  /** How each source after the first comes to its rows. */
  readonly joins: readonly DraftJoin[];
  readonly write: "append" | "merge" | "overwrite";
  readonly key: readonly string[];
}

/** A source that is looked up by its key, so that no row is doubled; or one that only stands ready. */
export interface DraftJoin {
  readonly source: AnyTable;
  /** Its key, which the rows have too; empty where they do not share one. */
  readonly on: readonly string[];
  /** Columns that it adds. */
  readonly adds: readonly string[];
}

/** `layer.name` */
export function fullName({ layer, name }: TableDraft): string {
  return `${layer}.${name}`;
}

/** The name of a table without its layer. */
export function shortName(table: AnyTable): string {
  return table.name.slice(table.layer.length + 1);
}
