import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";

/** The data files of a table version, as far as a query needs them. */
export interface TableFiles {
  readonly files: readonly DataFile[];
  readonly partitionColumns: readonly string[];
  /** The table's columns; files may lack nullable ones that were added later. */
  readonly fields: readonly StructField[];
}

export interface DataFile {
  readonly location: Location;
  /** As Delta writes them: text, null for null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Rows in the file, where the log knows. */
  readonly rows?: number;
}
