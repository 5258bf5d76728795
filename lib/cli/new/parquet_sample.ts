import { basename } from "node:path";
import { text } from "../../contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../contract/define_table.js";
import { bronzeRows } from "../../ingest/bronze_rows.js";
import { intakeOf, type LandingTable, normalName } from "../../ingest/intake.js";
import { parquetHeader, prepareParquet } from "../../ingest/parquet_file.js";
import type { Lake } from "../../lake/lake.js";

/** Names of columns, and rows that have a value, as text, for each of them. */
export interface SampleRows {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * The columns of a Parquet file and its first rows, as the text that bronze would hold.
 * @param most rows that are read
 * @throws DataError for a broken file, or a column that cannot be taken as text; StorageError when it cannot be read
 */
export async function parquetSample(path: string, lake: Lake, most: number): Promise<SampleRows> {
  const headers = (await parquetHeader(path)).map((name, place) => normalName(name) || `column ${place + 1}`);
  const names = headers.map((_, place) => `c${place}`);
  const table = defineTable("bronze.amostra", {
    description: "A sample",
    grain: "a row of the file",
    landing: { source: "amostra", files: ["*.parquet"] },
    columns: {
      ...Object.fromEntries(headers.map((header, place) => [names[place], text().header(header)])),
      ...LANDING_COLUMNS,
    },
  }) as LandingTable;
  const prepared = await prepareParquet(path, intakeOf(table, []));
  const [first] = bronzeRows(table, prepared, { path, file: basename(path), at: 0n });
  const rows = first === undefined ? [] : await (await lake.materialize(first.limit(most))).collect();
  return { headers, rows: rows.map((row) => names.map((name) => (row[name] ?? null) as string | null)) };
}
