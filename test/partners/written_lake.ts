import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import {
  ColumnSpec,
  date,
  decimal,
  double,
  instant,
  long,
  text,
  texts,
  timestamp,
} from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { Lake } from "../../lib/lake/lake.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import { listOf, lit } from "../../lib/relation/when.js";
import { LocalStorage } from "../../lib/storage/local.js";
import type { DataType } from "../../lib/types.js";
import { EXTREMES, PARTITIONS, type Row, rowsOf } from "./extreme_values.js";

const column = (type: DataType): ColumnSpec => new ColumnSpec({ type, parse: { rule: "computed" } });

const LABELS = { type: "array", elementType: "string", containsNull: false } as const;

/** Every type that a contract has. */
const types = defineTable("silver.types", {
  description: "Values of every type",
  grain: "one row of values",
  columns: {
    id: long().notNull(),
    flag: column("boolean"),
    tiny: column("byte"),
    small: column("short"),
    whole: column("integer"),
    large: long(),
    single: column("float"),
    real: double(),
    money: decimal(18, 2),
    share: decimal(9, 6),
    wide: decimal(38, 0),
    fine: decimal(38, 37),
    name: text(),
    bytes: column("binary"),
    day: date(),
    moment: instant(),
    wall_clock: timestamp(),
    labels: texts(),
  },
});

/** The same values as partitions. */
const partitions = defineTable("silver.partitions", {
  description: "Values of every type that can partition a table",
  grain: "one row",
  columns: {
    id: long().notNull(),
    flag: column("boolean"),
    whole: column("integer"),
    large: long(),
    real: double(),
    money: decimal(18, 2),
    name: text(),
    day: date(),
    moment: instant(),
    wall_clock: timestamp(),
  },
  partitionBy: ["flag", "whole", "large", "real", "money", "name", "day", "moment", "wall_clock"],
});

/** Changed row by row: updates, deletes, tombstones, checkpoints. */
const items = defineTable("silver.items", {
  description: "Items",
  grain: "one item",
  write: "merge",
  key: ["id"],
  partitionBy: ["place"],
  columns: { id: long().notNull(), place: text(), price: decimal(18, 2), seen: timestamp() },
});

/** Many small commits. */
const events = defineTable("silver.events", {
  description: "Events",
  grain: "one event",
  columns: { id: long().notNull(), name: text() },
});

/** The same table after its contract gained a column. */
const moreEvents = defineTable("silver.events", {
  description: "Events",
  grain: "one event",
  columns: { id: long().notNull(), name: text(), day: date().describe("Came later") },
});

const summary = defineTable("gold.summary", {
  description: "Events by name",
  grain: "one name",
  reads: [events],
  write: "overwrite",
  columns: { id: long().notNull(), name: text() },
});

/** Tables that the library writes through its public interface, with what the samples do not hold. */
export async function writeTables(folder: string): Promise<Lake> {
  const storage = new LocalStorage(folder);
  const catalog = new Catalog([types, partitions, items, events, summary]);
  const lake = new Lake({ storage, catalog, timeZone: "America/Sao_Paulo" });
  const values = unlabelled(lake, rowsOf(EXTREMES));
  await lake.write(
    types,
    values.extend((t) => ({ labels: listOf(t.name, t.name.upper()) })),
  );
  await lake.write(
    types,
    values.limit(1).extend(() => ({ labels: lit(null, LABELS) })),
  );
  await lake.write(partitions, rows(lake, partitions, rowsOf(PARTITIONS)));
  await changeItems(lake);
  for (let id = 0; id < 25; id++) await lake.write(events, rows(lake, events, [[`${id}`, `event ${id}`]]));
  await lake.write(moreEvents, rows(lake, moreEvents, [["25", null, "2024-02-29"]]));
  for (const names of ["abc", "d", ""]) {
    await lake.write(
      summary,
      rows(
        lake,
        summary,
        Array.from(names, (name, id) => [`${id}`, name]),
      ),
    );
  }
  for (const name of ["items", "events"]) copyCleaned(folder, name);
  return lake;
}

/** Tables whose log begins with a checkpoint, as after a clean-up; the version of that checkpoint. */
export const CLEANED: Readonly<Record<string, number>> = { "silver.items_cleaned": 20, "silver.events_cleaned": 20 };

/** Inserts, updates that move rows between partitions, and deletes: 23 versions. */
async function changeItems(lake: Lake): Promise<void> {
  const places = ["São Paulo", "Rio / Niterói", null, ""];
  const change = (ids: readonly number[], second: number) => {
    const price = (id: number) => `${id}.${second}`;
    const seen = `2024-01-01 00:00:${second}`;
    return rows(
      lake,
      items,
      ids.map((id) => [`${id}`, places[(id + second) % 4] ?? null, price(id), seen]),
    );
  };
  await lake.write(
    items,
    change(
      Array.from({ length: 40 }, (_, id) => id),
      10,
    ),
  );
  for (let n = 1; n <= 22; n++) {
    if (n % 7 === 0) await lake.delete(items, change([n, n + 1], 10));
    else await lake.write(items, change([n, n + 3, 100 + n], 10 + n));
  }
}

/** A copy of a table without the commits before its newest checkpoint: only who reads that checkpoint finds the rows. */
function copyCleaned(folder: string, name: string): void {
  const table = join(folder, "silver", `${name}_cleaned`);
  cpSync(join(folder, "silver", name), table, { recursive: true });
  const log = join(table, "_delta_log");
  const first = String(CLEANED[`silver.${name}_cleaned`]).padStart(20, "0");
  if (!existsSync(join(log, `${first}.checkpoint.parquet`))) throw new Error(`${name} has no checkpoint ${first}`);
  for (const file of readdirSync(log)) if (/^\d{20}\./.test(file) && file < first) rmSync(join(log, file));
}

/** Rows written down as text. */
function rows(lake: Lake, table: AnyTable, values: readonly Row[]): Relation {
  return scan({ kind: "values", rows: values }, table.schema.fields, lake);
}

/** Rows of `types` without its lists, which cannot be written down. */
function unlabelled(lake: Lake, values: readonly Row[]): Relation<{ name: "string" }> {
  const fields = types.schema.fields.filter(({ name }) => name !== "labels");
  return scan({ kind: "values", rows: values }, fields, lake);
}
