import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { type AnyRelation, scan } from "../../lib/relation/relation.js";
import { field } from "../../lib/types.js";

const FIELDS = [field("id", "string"), field("n", "long")];

/** A table in which a row `shared` counts from 0. */
export async function newTable(address: string, properties: Readonly<Record<string, string>> = {}): Promise<void> {
  const table = await DeltaTable.create(address, { fields: FIELDS, properties });
  await table.append(rowsOf(table, [["shared", 0]]));
}

export function rowsOf(table: DeltaTable, rows: readonly (readonly [id: string, n: number])[]): AnyRelation {
  return scan({ kind: "values", rows: rows.map(([id, n]) => [id, String(n)]) }, FIELDS, table.engine);
}

/** Every id with its number; fails for one that is there twice. */
export async function contents(address: string): Promise<ReadonlyMap<string, number>> {
  const table = await DeltaTable.open(address);
  const found = new Map<string, number>();
  for (const row of await table.read().collect()) {
    const id = String(row["id"]);
    if (found.has(id)) throw new Error(`${id} is there twice`);
    found.set(id, Number(row["n"]));
  }
  return found;
}

/** What must be there when these writers have ended. */
export function expected(writers: readonly string[], commits: number): ReadonlyMap<string, number> {
  const numbers = Array.from({ length: commits }, (_, number) => number);
  const own = writers.flatMap((name) => numbers.map((number): [string, number] => [`${name}-${number}`, 1]));
  return new Map([...own, ["shared", writers.length * Math.floor(commits / 2)]]);
}
