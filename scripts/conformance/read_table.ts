import { Snapshot } from "../../lib/delta/snapshot.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { describeError } from "../../lib/errors.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { CanonicalRows } from "./canonical.js";

/** What was read of a table version. */
export interface Reading {
  readonly version: number;
  readonly files?: number;
  readonly rows?: number;
  /** Of the canonical rows. */
  readonly digest?: string;
  /** Why the rows could not be read. */
  readonly error?: string;
}

/** What was read of a table: its newest version, and others that were asked for. */
export interface TableReading extends Partial<Reading> {
  readonly earlier?: readonly Reading[];
  readonly changes?: {
    readonly rows?: number;
    readonly counts?: Readonly<Record<string, number>>;
    readonly digest?: string;
    readonly error?: string;
  };
}

/** What to read beside the newest version. */
export interface Wanted {
  readonly versions: readonly number[];
  readonly changes?: { readonly startingVersion: number; readonly endingVersion: number } | undefined;
}

/** All rows of a table are held in memory. */
const MOST_ROWS = 10_000_000;

export async function readTable(folder: string, wanted: Wanted): Promise<TableReading> {
  const newest = await readVersion(folder, undefined);
  const earlier: Reading[] = [];
  for (const version of wanted.versions) earlier.push({ version, ...(await readVersion(folder, version)) });
  const changes = wanted.changes && (await readChanges(folder, wanted.changes));
  return { ...newest, ...(earlier.length > 0 && { earlier }), ...(changes && { changes }) };
}

async function readChanges(
  folder: string,
  { startingVersion: from, endingVersion: to }: NonNullable<Wanted["changes"]>,
): Promise<NonNullable<TableReading["changes"]>> {
  try {
    const changes = await (await DeltaTable.open(folder)).changes({ from, to });
    const fields = changes.node.fields.filter(({ name }) => name !== "_commit_timestamp");
    const read = await changes.select(fields.map(({ name }) => name)).collect();
    const rows = new CanonicalRows(fields);
    rows.add(read);
    const counts: Record<string, number> = {};
    for (const row of read) {
      const type = String(row["_change_type"]);
      counts[type] = (counts[type] ?? 0) + 1;
    }
    return { rows: rows.rows, counts, digest: rows.digest() };
  } catch (error) {
    return { error: describeError(error) };
  }
}

async function readVersion(folder: string, version: number | undefined): Promise<Partial<Reading>> {
  let known: Partial<Reading> = {};
  try {
    const storage = new LocalStorage(folder);
    const snapshot = await Snapshot.load(storage, version === undefined ? {} : { version });
    if (snapshot === undefined) return { error: "there is no Delta table" };
    known = { version: snapshot.version, files: (await snapshot.files()).length };
    const table = await DeltaTable.open(storage, { version: snapshot.version });
    if (table.fields.length === 0) return { ...known, error: "the table has no columns" };
    const count = await table.read().count();
    if (count > MOST_ROWS) return { ...known, rows: count, error: `more rows than are compared here: ${count}` };
    const rows = new CanonicalRows(table.fields);
    rows.add(await table.read().collect());
    return { ...known, rows: rows.rows, digest: rows.digest() };
  } catch (error) {
    return { ...known, error: describeError(error) };
  }
}
