import type { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { Relation, scan } from "../../lib/relation/relation.js";
import { field } from "../../lib/types.js";

export const FIELDS = [field("id", "long", false), field("name", "string"), field("year", "integer")];

export interface Row {
  readonly id: number;
  readonly name: string | null;
  readonly year: number | null;
}

type Rows = readonly Row[];
type Txn = { readonly txn?: { readonly appId: string; readonly version: number } };

/** An operation on a table, and what it does to its rows. */
export interface Operation {
  readonly text: string;
  run(table: DeltaTable, options: Txn): Promise<unknown>;
  model(rows: Rows): Rows;
}

/** SQL, and what it means; null is neither true nor false. */
interface Condition {
  readonly sql: string;
  holds(row: Row): boolean | null;
}

export const CONDITIONS: readonly Condition[] = [
  { sql: "id > 4", holds: ({ id }) => id > 4 },
  { sql: "id = 2 OR id = 7", holds: ({ id }) => id === 2 || id === 7 },
  { sql: "year = 2014", holds: ({ year }) => (year === null ? null : year === 2014) },
  { sql: "year <> 2014", holds: ({ year }) => (year === null ? null : year !== 2014) },
  { sql: "name IS NULL", holds: ({ name }) => name === null },
  { sql: "NOT (name = 'a')", holds: ({ name }) => (name === null ? null : name !== "a") },
  { sql: "id < 3 AND year IS NOT NULL", holds: ({ id, year }) => id < 3 && year !== null },
  { sql: "id > 100", holds: ({ id }) => id > 100 },
];

export function appending(added: Rows): Operation {
  return {
    text: `append ${shown(added)}`,
    run: (table, options) => table.append(relation(table, added), options),
    model: (rows) => [...rows, ...added],
  };
}

export function overwriting(added: Rows): Operation {
  return {
    text: `overwrite by ${shown(added)}`,
    run: (table, options) => table.overwrite(relation(table, added), options),
    model: () => added,
  };
}

/** Replaces the years of the new rows, in a table that years partition. */
export function replacingYears(added: Rows): Operation {
  const years = new Set(added.map(({ year }) => year));
  return {
    text: `overwrite the years of ${shown(added)}`,
    run: (table, options) => table.overwrite(relation(table, added), { ...options, partitionOverwriteMode: "dynamic" }),
    model: (rows) => [...rows.filter(({ year }) => !years.has(year)), ...added],
  };
}

export function replacingWhere(added: Rows, year: number): Operation {
  const fitting = added.map((row) => ({ ...row, year }));
  return {
    text: `overwrite where year = ${year} by ${shown(fitting)}`,
    run: (table, options) => table.overwrite(relation(table, fitting), { ...options, replaceWhere: `year = ${year}` }),
    model: (rows) => [...rows.filter((row) => row.year !== year), ...fitting],
  };
}

export function deleting({ sql, holds }: Condition): Operation {
  return {
    text: `delete where ${sql}`,
    run: (table, options) => table.delete(sql, options),
    model: (rows) => rows.filter((row) => holds(row) !== true),
  };
}

export function updating({ sql, holds }: Condition): Operation {
  return {
    text: `update where ${sql}`,
    run: (table, options) => table.update({ name: "'u'", id: "id + 1" }, sql, options),
    model: (rows) => rows.map((row) => (holds(row) === true ? { ...row, name: "u", id: row.id + 1 } : row)),
  };
}

/** Replaces rows of known ids, adds the others. Every id of the source is there once. */
export function upserting(source: Rows): Operation {
  const byId = new Map(source.map((row) => [row.id, row]));
  return {
    text: `upsert ${shown(source)}`,
    run: (table, options) => merge(table, source).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(options),
    model: (rows) => {
      const known = new Set(rows.map(({ id }) => id));
      return [...rows.map((row) => byId.get(row.id) ?? row), ...source.filter(({ id }) => !known.has(id))];
    },
  };
}

/** Removes matched rows of even years, renames other matched ones, and removes rows that the source lacks if they have no name. */
export function synchronising(source: Rows): Operation {
  const byId = new Map(source.map((row) => [row.id, row]));
  return {
    text: `synchronise with ${shown(source)}`,
    run: (table, options) =>
      merge(table, source)
        .whenMatchedDelete("source.year = 2014")
        .whenMatchedUpdate({ name: "source.name" })
        .whenNotMatchedBySourceDelete("name IS NULL")
        .execute(options),
    model: (rows) =>
      rows.flatMap((row) => {
        const found = byId.get(row.id);
        if (found === undefined) return row.name === null ? [] : [row];
        return found.year === 2014 ? [] : [{ ...row, name: found.name }];
      }),
  };
}

/** What changes no row. */
export const MAINTENANCE: readonly Operation[] = (
  [
    ["optimize", (table) => table.optimize()],
    ["cluster by id", (table) => table.optimize({ clusterBy: ["id"] })],
    ["checkpoint", (table) => table.checkpoint()],
    ["set a property", (table) => table.setProperties({ "delta.logRetentionDuration": "interval 3 days" })],
  ] satisfies readonly (readonly [string, (table: DeltaTable) => Promise<unknown>])[]
).map(([text, run]) => ({ text, run, model: (rows) => rows }));

/** The rows in an order of their own. */
export function sorted(rows: Rows): readonly string[] {
  return rows.map(({ id, name, year }) => JSON.stringify([id, name, year])).sort();
}

/** The rows that a reader finds. */
export async function rowsOf(table: DeltaTable): Promise<Rows> {
  const found = await table.read().collect();
  return found.map((row) => ({
    id: Number(row["id"]),
    name: row["name"] === null ? null : String(row["name"]),
    year: row["year"] === null ? null : Number(row["year"]),
  }));
}

function merge(table: DeltaTable, source: Rows) {
  return table.merge(relation(table, source), ["id"]);
}

function relation(table: DeltaTable, rows: Rows): Relation {
  const values = rows.map(({ id, name, year }) => [String(id), name, year === null ? null : String(year)]);
  const { node, runner } = scan({ kind: "values", rows: values }, FIELDS, table.engine);
  return new Relation(node, runner);
}

function shown(rows: Rows): string {
  return rows.map(({ id, name, year }) => `${id}/${name}/${year}`).join(" ");
}
