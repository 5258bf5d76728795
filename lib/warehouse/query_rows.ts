import { DISPLAY, type Displayable } from "../display.js";
import { renderTable } from "../picture/table_view.js";
import type { QueryResult, Warehouse } from "./driver.js";

/** Rows of a query, shown as a table. */
export interface QueryRows extends QueryResult, Displayable {}

/** Rows that are shown. */
const SHOWN = 50;

/** Asks a warehouse, for a reader in a notebook. */
export async function queryRows(warehouse: Warehouse, query: string): Promise<QueryRows> {
  const result = await warehouse.query(query);
  const { fields, rows } = result;
  const caption = rows.length > SHOWN ? `first ${SHOWN} of ${rows.length} rows` : `${rows.length} rows`;
  return { ...result, [DISPLAY]: () => renderTable(fields, rows.slice(0, SHOWN), caption) };
}
