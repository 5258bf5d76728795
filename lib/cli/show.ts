import type { Catalog } from "../contract/catalog.js";
import type { AnyTable } from "../contract/define_table.js";
import { UsageError } from "../errors.js";
import { knownAt } from "../history/as_known.js";
import type { Lake } from "../lake/lake.js";
import type { Relation } from "../relation/relation.js";
import { type Format, formatRows } from "./rows.js";

/** Which rows are printed, and how. */
export interface ShowOptions {
  readonly version?: number;
  /** The day whose knowledge is shown, for tables of versions. */
  readonly asKnown?: string;
  /** Rows; default 20 in a table, all otherwise. */
  readonly limit?: number;
  readonly format: Format;
}

/**
 * Rows of a stored table.
 * @throws UsageError for a table that the lake does not have; ContractError when it keeps no versions
 */
export async function showTable(lake: Lake, name: string, options: ShowOptions): Promise<string> {
  const stored = await storedTable(lake, name, options.version);
  if (options.asKnown === undefined) return showRelation(stored, options);
  if (!isDay(options.asKnown)) {
    throw new UsageError("--as-known names no day", { expected: "YYYY-MM-DD", actual: options.asKnown });
  }
  const table = lake.catalog.table(name);
  const known = knownAt(stored, table, options.asKnown);
  return showRelation(inKeyOrder(known, table), options);
}

/** The rows of a relation, and how many there are. */
export async function showRelation(relation: Relation, { limit, format }: ShowOptions): Promise<string> {
  if (format !== "table") {
    const rows = await (limit === undefined ? relation : relation.limit(limit)).collect();
    return formatRows(relation.fields, rows, format, "");
  }
  const shown = limit ?? 20;
  const rows = await relation.limit(shown).collect();
  const count = rows.length < shown ? rows.length : await relation.count();
  const caption = rows.length === count ? `${count} rows` : `${rows.length} of ${count} rows`;
  return formatRows(relation.fields, rows, format, caption);
}

/** @throws UsageError when there is no such table, with those that there are */
export async function storedTable(lake: Lake, name: string, version?: number): Promise<Relation> {
  if ((await snapshotOf(lake, name)) === undefined) throw noTable(lake.catalog, name);
  return lake.readStored(name, version === undefined ? {} : { version });
}

/** The newest snapshot; undefined for a name that cannot be a table's, too. */
export function snapshotOf(lake: Lake, name: string): ReturnType<Lake["snapshot"]> {
  return /^[a-z][a-z0-9_]*\.[a-z0-9_]+$/.test(name) ? lake.snapshot(name) : Promise.resolve(undefined);
}

export function noTable(catalog: Catalog, name: string): UsageError {
  const names = catalog.tables.map((table) => table.name).join(", ");
  if (catalog.has(name)) {
    return new UsageError(`${name} has not been built yet`, { remedy: `npm run pipeline -- --select +${name}` });
  }
  return new UsageError(`the lake has no table ${name}`, { expected: `${names}, ops.runs, ops.steps` });
}

function inKeyOrder(relation: Relation, table: AnyTable): Relation {
  return relation.orderBy((t) => table.key.flatMap((name) => t[name] ?? []));
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
