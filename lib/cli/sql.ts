import type { Warehouse } from "../warehouse/driver.js";
import { type Format, formatRows } from "./rows.js";

/**
 * The rows of a query, as text.
 * @throws UsageError for SQL that the warehouse does not take, or that would change it
 */
export async function askWarehouse(warehouse: Warehouse, query: string, format: Format): Promise<string> {
  try {
    const { fields, rows } = await warehouse.query(query);
    return formatRows(fields, rows, format, rows.length === 1 ? "1 row" : `${rows.length} rows`);
  } finally {
    await warehouse.close();
  }
}
