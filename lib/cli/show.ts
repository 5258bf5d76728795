import { isDay } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import { UsageError } from "../errors.js";
import { knownAt } from "../history/as_known.js";
import type { Relation } from "../relation/relation.js";
import { type FoundTable, tableAsOf } from "./find_table.js";
import { type Format, formatRows } from "./rows.js";

/** Which rows are printed, and how. */
export interface ShowOptions {
  readonly version?: number;
  /** An instant: the version that was the newest then is shown. */
  readonly timestamp?: string;
  /** The day whose knowledge is shown, for tables of versions. */
  readonly asKnown?: string;
  /** Rows; default 20 in a table, all otherwise. */
  readonly limit?: number;
  readonly format: Format;
}

/**
 * Rows of a stored table.
 * @throws ContractError when it keeps no versions and those of a day are asked for
 */
export async function showTable(found: FoundTable, options: ShowOptions): Promise<string> {
  const { version, timestamp, asKnown } = options;
  const at = { ...(version !== undefined && { version }), ...(timestamp !== undefined && { timestamp }) };
  const stored = (await tableAsOf(found, at)).read();
  if (asKnown === undefined) return showRelation(stored, options);
  if (!isDay(asKnown)) {
    throw new UsageError("--as-known names no day", { expected: "YYYY-MM-DD", actual: asKnown });
  }
  if (found.contract === undefined) {
    throw new UsageError("--as-known needs a contract, which says what a version is", {
      actual: found.name,
      remedy: "Use --version or --timestamp.",
    });
  }
  const known = knownAt(stored, found.contract, asKnown);
  return showRelation(inKeyOrder(known, found.contract), options);
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

function inKeyOrder(relation: Relation, table: AnyTable): Relation {
  return relation.orderBy((t) => table.key.flatMap((name) => t[name] ?? []));
}
