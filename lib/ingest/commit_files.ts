import { type DataError, StorageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { max } from "../relation/aggregate.js";
import type { Column } from "../relation/column.js";
import { Relation } from "../relation/relation.js";
import type { Archive, ArchivedFile } from "./archive.js";
import { bronzeRows } from "./bronze_rows.js";
import { isUnchanged } from "./file_identity.js";
import type { IngestLog } from "./ingest_log.js";
import type { LandingTable } from "./intake.js";
import { brokenParquet, isDecodable, unreadableParquet } from "./parquet_file.js";
import type { ExaminedFile } from "./prepare_file.js";
import type { PreparedFile } from "./prepared.js";

/** A file that lies in the archive and waits to be committed. */
export interface PlacedFile {
  readonly examined: ExaminedFile;
  readonly prepared: PreparedFile;
  readonly archived: ArchivedFile;
  /** Archived names of other contents that came under the same name. */
  readonly replaces: readonly string[];
}

/** Files that go into one commit. */
export interface FileGroup {
  readonly table: LandingTable;
  readonly files: readonly PlacedFile[];
  /** Microseconds since the epoch. */
  readonly at: bigint;
}

/** Landed files that were written to until the last moment; nothing is committed. */
export class FilesChanged extends Error {}

/**
 * Commits the rows of files together with their hashes.
 * @returns the table's new version
 * @throws FilesChanged, ConflictError, StorageError, or the engine's error when it cannot read a file
 */
export async function commitFiles(lake: Lake, log: IngestLog, archive: Archive, group: FileGroup): Promise<number> {
  const { table, files, at } = group;
  const rows = files.flatMap((file) => rowsOf(archive, table, file, at));
  const expected = files.reduce((sum, { prepared }) => sum + prepared.counts.rows, 0);
  await log.checkUnchanged();
  const result = await lake.write(table, union(rows), {
    ...log.marks(at, new Map(files.map(({ examined, archived }) => [examined.sha256, archived.arrivedAt]))),
    beforeCommit: async (written) => {
      if (written !== expected) throw new RangeError(`the engine reads ${written} rows where the file has ${expected}`);
      if (!files.every(({ examined: { file } }) => isUnchanged(file.path, file.identity))) throw new FilesChanged();
      return { landedFiles: files.length, read: expected };
    },
  });
  log.advance(at);
  return result.version;
}

/** Why a Parquet file cannot be taken, if its values cannot be read: by the engine, or by any reader. */
export async function faultOf(
  lake: Lake,
  archive: Archive,
  table: LandingTable,
  file: PlacedFile,
): Promise<DataError | undefined> {
  const rows = new Relation(union(rowsOf(archive, table, file, 0n)).node, lake);
  try {
    await rows
      .groupBy()
      .aggregate((t) => Object.fromEntries(table.columnNames.map((name) => [name, max(t[name] as Column)])))
      .collect();
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const isDecoded = await isDecodable(file.prepared.path ?? file.examined.file.path);
    return isDecoded ? unreadableParquet(error) : brokenParquet(error);
  }
}

function rowsOf(archive: Archive, table: LandingTable, file: PlacedFile, at: bigint): readonly Relation[] {
  const { prepared, archived, examined } = file;
  const path = archive.pathOf(archived.name) ?? examined.file.path;
  return bronzeRows(table, prepared, { path, file: archived.name, at });
}

function union([first, ...others]: readonly Relation[]): Relation {
  if (first === undefined) throw new RangeError("no file to commit");
  return others.length === 0 ? first : first.union(...others);
}
