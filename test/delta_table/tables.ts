import { expect } from "vitest";
import type { AddFile } from "../../lib/delta/actions/action.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field } from "../../lib/types.js";

const FIELDS = [field("id", "long"), field("name", "string"), field("ano", "integer")];

export interface Row {
  readonly id: number;
  readonly name: string | null;
  readonly ano: number | null;
}

/** Rows with these ids, in the years 2014 and 2015 in turn. */
export function rows(from: number, to: number): readonly Row[] {
  return Array.from({ length: to - from }, (_, i) => ({
    id: from + i,
    name: `n${from + i}`,
    ano: 2014 + ((from + i) % 2),
  }));
}

export async function newTable(
  properties: Readonly<Record<string, string>> = {},
  partitionBy: readonly string[] = [],
  storage: Storage = new MemoryStorage(),
): Promise<DeltaTable> {
  return DeltaTable.create(storage, { fields: FIELDS, partitionBy, properties });
}

/** Commits the rows as one file (in each partition). */
export async function append(table: DeltaTable, added: readonly Row[]): Promise<void> {
  await table.append(added.map(({ id, name, ano }) => ({ id: BigInt(id), name, ano })));
}

/** Removes the files that hold some ids, with all their rows. */
export async function removeFilesWith(table: DeltaTable, id: number): Promise<void> {
  const snapshot = await table.forWriting();
  const transaction = snapshot.transaction({ operation: "DELETE" });
  transaction.read();
  for (const file of await snapshot.files()) {
    const { minValues, maxValues } = JSON.parse(file.stats ?? "") as Record<string, { readonly id: number }>;
    if ((minValues?.id ?? 0) <= id && id <= (maxValues?.id ?? 0)) transaction.removeFile(file);
  }
  table.follow((await transaction.commit()).snapshot);
}

/** The ids of the newest version, as a new reader sees them, ascending. */
export async function ids(place: Storage | string, at: { readonly version?: number } = {}): Promise<readonly number[]> {
  const table = await DeltaTable.open(place, at);
  const found = await table.read().collect();
  return found.map((row) => Number(row["id"])).sort((a, b) => a - b);
}

/** Whole numbers from one up to, and without, another. */
export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Of each file the ids of its rows; throws when two rows have one id, or one is above the high water mark. */
export async function rowIds(
  storage: Storage,
  at: { readonly version?: number } = {},
): Promise<readonly (readonly number[])[]> {
  const table = await DeltaTable.open(storage, at);
  const snapshot = await table.snapshot();
  const files = await snapshot.files();
  const found = files.map((file) => {
    expect(file.defaultRowCommitVersion).toBeLessThanOrEqual(snapshot.version);
    return range(Number(file.baseRowId), Number(file.baseRowId) + rowsIn(file));
  });
  const all = found.flat();
  expect(new Set(all).size).toBe(all.length);
  const domain = JSON.parse(
    (await snapshot.domainMetadata("delta.rowTracking")) ?? '{"rowIdHighWaterMark":-1}',
  ) as Record<string, number>;
  expect(Math.max(-1, ...all)).toBeLessThanOrEqual(domain["rowIdHighWaterMark"] ?? Number.NaN);
  return found.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

const rowsIn = (file: AddFile): number => Number((JSON.parse(file.stats ?? "") as { numRecords: number }).numRecords);
