import type { AddFile } from "../delta/actions/action.js";
import { type ChangedRows, changeDataFeed } from "../delta/change_data_feed.js";
import type { Snapshot } from "../delta/snapshot.js";
import type { TableFiles } from "../engine/polars/engine.js";
import type { Relation } from "../relation/relation.js";
import type { Runner } from "../relation/runner.js";
import { field, type StructField } from "../types.js";
import { asTableFiles } from "./table_files.js";
import { scanTableFiles } from "./table_reads.js";

/** What stands beside a row of the change data feed. */
const CHANGE_COLUMNS: readonly StructField[] = [
  /** `insert`, `delete`, `update_preimage` or `update_postimage`. */
  field("_change_type", "string", false),
  field("_commit_version", "long", false),
  field("_commit_timestamp", "timestamp", false),
];

/** Versions, both included. */
export interface ChangeRange {
  readonly from: number;
  /** Default: the version of the snapshot. */
  readonly to?: number | undefined;
}

/**
 * The rows that commits have changed, with the columns of the snapshot and `CHANGE_COLUMNS`.
 * @throws DeltaError when the log no longer holds these commits, or the table did not record its changes
 */
export async function scanChanges(snapshot: Snapshot, { from, to }: ChangeRange, runner: Runner): Promise<Relation> {
  const changes = await changeDataFeed(snapshot.storage, from, to ?? snapshot.version);
  const fields = [...snapshot.schema.fields, ...CHANGE_COLUMNS];
  const scan = (rows: readonly ChangedRows[]): Relation =>
    scanTableFiles(tableFiles(snapshot, rows, fields), snapshot, fields, runner);
  const recorded = changes.filter(({ change }) => change === "cdc");
  const inferred = changes.filter(({ change }) => change !== "cdc");
  if (recorded.length === 0) return scan(inferred);
  return inferred.length === 0 ? scan(recorded) : scan(recorded).union(scan(inferred));
}

/** Beside a table's own partition columns, what is the same for all rows of a file is one, too. */
function tableFiles(snapshot: Snapshot, changes: readonly ChangedRows[], fields: readonly StructField[]): TableFiles {
  const table = asTableFiles(snapshot, changes.map(asAddFile));
  const isRecorded = changes[0]?.change === "cdc";
  const constants = CHANGE_COLUMNS.map(({ name }) => name).filter((name) => !isRecorded || name !== "_change_type");
  return {
    ...table,
    fields,
    partitionColumns: [...table.partitionColumns, ...constants],
    files: table.files.map((file, i) => {
      const { version = 0, timestamp = 0, change = "", only } = changes[i] ?? {};
      return {
        partitionValues: {
          ...file.partitionValues,
          ...(isRecorded ? {} : { _change_type: change }),
          _commit_version: String(version),
          _commit_timestamp: new Date(timestamp).toISOString().replace("T", " "),
        },
        open: async () => ({ ...(await file.open()), ...(only && { only }) }),
      };
    }),
  };
}

function asAddFile({ path, partitionValues, size = 0, deletionVector }: ChangedRows): AddFile {
  return { path, partitionValues, size, modificationTime: 0, dataChange: true, deletionVector };
}
