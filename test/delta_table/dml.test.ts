import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { lit } from "../../lib/relation/when.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field } from "../../lib/types.js";

type Item = { readonly id: "long"; readonly name: "string"; readonly price: "decimal"; readonly year: "integer" };

const FIELDS = [
  field("id", "long", false),
  field("name", "string"),
  field("price", "decimal(10,2)"),
  field("year", "integer"),
];

const ROWS = [
  { id: 1n, name: "a", price: "1.00", year: 2024 },
  { id: 2n, name: null, price: "2.50", year: 2025 },
  { id: 3n, name: "c", price: null, year: null },
];

let table: DeltaTable<Item>;
beforeEach(async () => {
  table = await DeltaTable.create<Item>(new MemoryStorage(), { fields: FIELDS, partitionBy: ["year"], name: "items" });
  await table.append(ROWS);
});

async function stored() {
  const again = await DeltaTable.open<Item>(table.storage);
  return again
    .read()
    .orderBy((t) => [t.id])
    .collect();
}

async function lastCommit() {
  const [last] = await table.history({ limit: 1 });
  return last;
}

describe("appending", () => {
  test("adds rows given as objects; columns that they lack are null", async () => {
    const write = await table.append([{ id: 4n }]);
    expect(write).toMatchObject({ version: 2, committed: true, metrics: { numOutputRows: 1, numFiles: 1 } });
    expect(await stored()).toEqual([...ROWS, { id: 4n, name: null, price: null, year: null }]);
    expect(await lastCommit()).toMatchObject({
      operation: "WRITE",
      operationParameters: { mode: "Append", partitionBy: '["year"]' },
      isBlindAppend: true,
    });
  });

  test("gives partition values back as they were, negative zero, NaN and infinity too", async () => {
    const fields = [field("id", "long", false), field("real", "double")];
    const measured = await DeltaTable.create<{ id: "long"; real: "double" }>(new MemoryStorage(), {
      fields,
      partitionBy: ["real"],
    });
    const rows = [-0, 0, Number.NaN, -1.5e-7, Infinity, -Infinity, null].map((real, i) => ({ id: BigInt(i), real }));
    await measured.append(rows);
    const read = await measured
      .read()
      .orderBy((t) => [t.id])
      .collect();
    expect(read).toEqual(rows);
  });

  test("gives partition values back that no folder can be called by", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dml-"));
    const fields = [field("id", "long", false), field("place", "string")];
    const named = await DeltaTable.create<{ id: "long"; place: "string" }>(new LocalStorage(folder), {
      fields,
      partitionBy: ["place"],
    });
    const long = "São João da Ponta Água Branca ".repeat(20);
    const places = ["__HIVE_DEFAULT_PARTITION__", null, "é".repeat(300), `${long}a`, `${long}b`];
    const rows = places.map((place, i) => ({ id: BigInt(i), place }));
    await named.append(rows);
    const again = await DeltaTable.open<{ id: "long"; place: "string" }>(new LocalStorage(folder));
    const read = again.read().orderBy((t) => [t.id]);
    expect(await read.collect()).toEqual(rows);
    expect(
      await again
        .read()
        .filter((t) => t.place.eq(`${long}b`))
        .collect(),
    ).toEqual(rows.slice(4));
    await again.delete((t) => t.place.eq("__HIVE_DEFAULT_PARTITION__"));
    expect(await read.count()).toBe(5);
    expect(await again.read().count()).toBe(4);
    await rm(folder, { recursive: true });
  });

  test("refuses unknown columns, other types and nulls where none may be", async () => {
    const wrong = table.read().extend(() => ({ extra: lit(1) }));
    await expect(table.append(wrong)).rejects.toThrow("columns that the table lacks");
    await expect(table.append(table.read().extend(() => ({ name: lit(1) })))).rejects.toThrow("another type");
    await expect(table.append([{ id: null, name: "x" }])).rejects.toThrow("not nullable");
    expect(await stored()).toEqual(ROWS);
  });

  test("lets the table have new columns when asked to", async () => {
    const wider = table
      .read()
      .filter((t) => t.id.eq(1n))
      .extend((t) => ({ id: t.id.plus(10n), extra: lit("new") }));
    await table.append(wider, { schemaMode: "merge" });
    expect((await stored()).map((row) => (row as Record<string, unknown>)["extra"])).toEqual([null, null, null, "new"]);
  });

  test("gives columns the wider types of the rows where the table allows it", async () => {
    const narrow = await DeltaTable.create<{ id: "integer" }>(new MemoryStorage(), {
      fields: [field("id", "integer"), field("price", "decimal(5,1)")],
      properties: { "delta.enableTypeWidening": "true" },
    });
    await narrow.append([{ id: 1, price: "0.5" }]);
    const wide = table.read().select((t) => ({ id: t.id.plus(2n ** 40n), price: t.price }));
    await expect(narrow.append(wide)).rejects.toThrow();
    await narrow.append(wide, { schemaMode: "merge" });
    const again = await DeltaTable.open(narrow.storage);
    expect(again.fields.map(({ type }) => type)).toEqual(["long", "decimal(10,2)"]);
    expect(again.fields[0]?.metadata["delta.typeChanges"]).toEqual([{ fromType: "integer", toType: "long" }]);
    expect((await again.read().collect()).map(({ id, price }) => `${String(id)} ${String(price)}`).sort()).toEqual([
      "1 0.50",
      "1099511627777 1.00",
      "1099511627778 2.50",
      "1099511627779 null",
    ]);
  });

  test("is done once by an application", async () => {
    const txn = { appId: "job", version: 7 };
    expect((await table.append([{ id: 9n }], { txn })).committed).toBe(true);
    expect((await table.append([{ id: 9n }], { txn })).committed).toBe(false);
    expect(await stored()).toHaveLength(4);
  });
});

describe("overwriting", () => {
  test("replaces the table", async () => {
    await table.overwrite([{ id: 5n, year: 2024 }]);
    expect(await stored()).toEqual([{ id: 5n, name: null, price: null, year: 2024 }]);
    expect(await lastCommit()).toMatchObject({ operationParameters: { mode: "Overwrite" }, isBlindAppend: false });
  });

  test("replaces the table's columns, too, when asked to", async () => {
    const other = table.read().select((t) => ({ id: t.id, title: t.name, year: t.year }));
    await expect(table.overwrite(other)).rejects.toThrow("columns that the table lacks");
    await table.overwrite(other, { schemaMode: "overwrite" });
    expect(await stored()).toEqual(ROWS.map(({ id, name, year }) => ({ id, title: name, year })));
    const both = table.overwrite(other, { schemaMode: "overwrite", replaceWhere: "id = 1" });
    await expect(both).rejects.toThrow("replaces the whole table");
  });

  test("replaces the partitions of the new rows", async () => {
    await table.overwrite([{ id: 5n, year: 2024 }], { partitionOverwriteMode: "dynamic" });
    expect((await stored()).map((row) => row.id)).toEqual([2n, 3n, 5n]);
  });

  test("replaces the rows of a condition, and refuses new rows outside", async () => {
    await table.overwrite([{ id: 6n, year: 2025 }], { replaceWhere: "year = 2025" });
    expect((await stored()).map((row) => row.id)).toEqual([1n, 3n, 6n]);
    const outside = table.overwrite([{ id: 7n, year: 2024 }], { replaceWhere: (t) => t.year.eq(2025) });
    await expect(outside).rejects.toThrow("replaceWhere");
    expect((await stored()).map((row) => row.id)).toEqual([1n, 3n, 6n]);
  });
});

describe("deleting and updating", () => {
  test("removes the rows of a condition and touches no other file", async () => {
    const before = await (await table.snapshot()).files();
    const { metrics } = await table.delete("id = 1 OR name = 'nobody'");
    expect(metrics).toMatchObject({ numDeletedRows: 1, numRemovedFiles: 1, numAddedFiles: 0, numCopiedRows: 0 });
    expect(await stored()).toEqual(ROWS.slice(1));
    const after = await (await table.snapshot()).files();
    expect(before.map(({ path }) => path)).toEqual(expect.arrayContaining(after.map(({ path }) => path)));
    expect(await lastCommit()).toMatchObject({ operation: "DELETE" });
  });

  test("a condition that is null keeps the row", async () => {
    await table.delete((t) => t.price.gt("0"));
    expect(await stored()).toEqual([ROWS[2]]);
  });

  test("nothing to do is no commit", async () => {
    expect(await table.delete("id = 99")).toMatchObject({ committed: false, version: 1 });
    expect(await table.update({ name: "'x'" }, "id = 99")).toMatchObject({ committed: false });
  });

  test("sets columns by SQL and by functions", async () => {
    await table.update({ price: "price * 2", name: "coalesce(name, 'none')" }, "id <= 2");
    await table.update(
      (t) => ({ year: t.year.plus(1), price: "9.5" }),
      (t) => t.id.eq(1n),
    );
    expect(await stored()).toEqual([
      { id: 1n, name: "a", price: "9.50", year: 2025 },
      { id: 2n, name: "none", price: "5.00", year: 2025 },
      ROWS[2],
    ]);
    expect(await lastCommit()).toMatchObject({ operation: "UPDATE", operationMetrics: { numUpdatedRows: "1" } });
  });

  test("an append-only table keeps its rows", async () => {
    const log = await DeltaTable.create(new MemoryStorage(), {
      fields: FIELDS,
      properties: { "delta.appendOnly": "true" },
    });
    await log.append(ROWS);
    await expect(log.delete("id = 1")).rejects.toThrow("append-only");
    await expect(log.overwrite([])).rejects.toThrow("append-only");
    await expect(log.update({ name: "'x'" })).rejects.toThrow("append-only");
  });
});

describe("merging", () => {
  test("updates matched rows and adds the others", async () => {
    const source = await rowsOf([
      { id: 2n, name: "two", price: "2.00", year: 2024 },
      { id: 8n, name: "new", price: "8.00", year: 2025 },
    ]);
    const write = await table.merge(source, ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
    expect(write.metrics).toMatchObject({ numSourceRows: 2, numTargetRowsUpdated: 1, numTargetRowsInserted: 1 });
    expect(await stored()).toEqual([
      ROWS[0],
      { id: 2n, name: "two", price: "2.00", year: 2024 },
      ROWS[2],
      { id: 8n, name: "new", price: "8.00", year: 2025 },
    ]);
    expect(await lastCommit()).toMatchObject({
      operation: "MERGE",
      operationParameters: {
        matchedPredicates: '[{"actionType":"update"}]',
        notMatchedPredicates: '[{"actionType":"insert"}]',
        notMatchedBySourcePredicates: "[]",
      },
    });
  });

  test("updates every row that has a key of the source", async () => {
    await table.append([{ id: 2n, name: "again", year: 2024 }]);
    const source = await rowsOf([{ id: 2n, name: "two", price: "2.00", year: 2024 }]);
    const write = await table.merge(source, ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
    expect(write.metrics).toMatchObject({ numTargetRowsUpdated: 2, numTargetRowsInserted: 0 });
    const two = { id: 2n, name: "two", price: "2.00", year: 2024 };
    expect(await stored()).toEqual([ROWS[0], two, two, ROWS[2]]);
  });

  test("the first clause whose condition is true decides", async () => {
    const source = await rowsOf([
      { id: 1n, name: "gone", price: "0.00" },
      { id: 2n, name: "more", price: "3.00" },
      { id: 3n, name: "same", price: "3.00" },
      { id: 4n, name: "no", price: "0.00" },
      { id: 5n, name: "yes", price: "5.00" },
    ]);
    const { metrics } = await table
      .merge(source, { id: "id" })
      .whenMatchedDelete("source.price = 0")
      .whenMatchedUpdate({ price: "target.price + source.price" }, (target, from) => target.price.lt(from.price))
      .whenNotMatchedInsert((from) => ({ id: from.id, name: from.name, year: 2030 }), "source.price > 0")
      .execute();
    expect(metrics).toMatchObject({ numTargetRowsDeleted: 1, numTargetRowsUpdated: 1, numTargetRowsInserted: 1 });
    expect(await stored()).toEqual([
      { ...ROWS[1], price: "5.50" },
      ROWS[2],
      { id: 5n, name: "yes", price: null, year: 2030 },
    ]);
  });

  test("rows that the source lacks are updated or deleted", async () => {
    const source = await rowsOf([{ id: 1n }]);
    const { metrics } = await table
      .merge(source, ["id"])
      .whenNotMatchedBySourceUpdate({ name: "'left'" }, "id = 2")
      .whenNotMatchedBySourceDelete()
      .execute();
    expect(metrics).toMatchObject({ numTargetRowsDeleted: 1, numTargetRowsUpdated: 1, numTargetRowsCopied: 0 });
    expect(await stored()).toEqual([ROWS[0], { ...ROWS[1], name: "left" }]);
  });

  test("two source rows for one row are an error that shows the key", async () => {
    const source = await rowsOf([
      { id: 2n, name: "x" },
      { id: 2n, name: "y" },
    ]);
    const merge = table.merge(source, ["id"]).whenMatchedUpdateAll();
    await expect(merge.execute()).rejects.toMatchObject({ actual: "2 rows with id = 2" });
    expect(await stored()).toEqual(ROWS);
  });

  test("two source rows of a new key are both added, and both may say delete", async () => {
    const source = await rowsOf([
      { id: 2n, name: "x" },
      { id: 2n, name: "y" },
      { id: 7n, name: "p" },
      { id: 7n, name: "q" },
    ]);
    await table.merge(source, ["id"]).whenMatchedDelete().whenNotMatchedInsertAll().execute();
    expect((await stored()).map(({ id }) => id)).toEqual([1n, 3n, 7n, 7n]);
  });

  test("a null key matches nothing", async () => {
    const source = await rowsOf([{ id: 10n, name: "k", year: null }]);
    await table.merge(source, ["year"]).whenMatchedDelete().whenNotMatchedInsertAll().execute();
    expect((await stored()).map(({ id }) => id)).toEqual([1n, 2n, 3n, 10n]);
  });
});

/** Rows as another table would give them. */
async function rowsOf(rows: readonly Readonly<Record<string, string | bigint | number | null>>[]) {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const fields = FIELDS.filter(({ name }) => names.has(name)).map((f) => ({ ...f, nullable: true }));
  const other = await DeltaTable.create<Item>(new MemoryStorage(), { fields });
  await other.append(rows);
  return other.read();
}
