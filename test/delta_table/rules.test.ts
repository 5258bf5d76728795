import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { UnsupportedFeatureError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field, type StructField } from "../../lib/types.js";

const FIELDS = [
  field("id", "long", false),
  field("name", "string"),
  field("price", "decimal(10,2)"),
  field("day", "date"),
  field("moment", "timestamp"),
];
const ROW = { id: 1n, name: "São", price: "2.50", day: "2024-02-29", moment: "2024-02-29T23:30:00Z" };

async function tableWith(
  properties: Readonly<Record<string, string>>,
  more: readonly StructField[] = [],
): Promise<DeltaTable> {
  return DeltaTable.create(new MemoryStorage(), { fields: [...FIELDS, ...more], properties });
}

async function rowsOf(table: DeltaTable) {
  return (await DeltaTable.open(table.storage)).read().collect();
}

describe("CHECK constraints", () => {
  test.each([
    ["id > 0 AND price IS NOT NULL", { id: 0n }],
    ["price BETWEEN 0.5 AND 9", { price: "9.01" }],
    ["name IN ('São', 'b') OR name LIKE 'x%'", { name: "y" }],
    ["NOT (price * 2 > 100 - id)", { price: "60.00" }],
    ["year(day) = 2024 and month(`day`) <> 1", { day: "2024-01-31" }],
    ["length(trim(name)) > 1", { name: " a " }],
    ["day >= '2024-02-01'", { day: "2024-01-31" }],
    ["moment < TIMESTAMP '2024-03-01 00:00:00' AND CAST(moment AS DATE) = day", { day: "2024-03-01" }],
    ["CASE WHEN id > 5 THEN name IS NOT NULL ELSE true END", { id: 6n, name: null }],
    ["-price < 0 AND id % 2 = 1", { id: 2n }],
    ["upper(concat(name, '!')) = 'SÃO!' AND coalesce(price, 0) >= 0", { name: "Sao" }],
    ["price / 2 < 1.3", { price: "2.60" }],
  ])("%s", async (sql, wrong) => {
    const table = await tableWith({ "delta.constraints.rule": sql });
    await table.append([ROW]);
    await expect(table.append([{ ...ROW, ...wrong }])).rejects.toThrow("CHECK constraint rule");
    expect(await rowsOf(table)).toHaveLength(1);
    const files = await table.storage.list("");
    expect(files.filter(({ path }) => path.endsWith(".parquet"))).toHaveLength(1);
  });

  test("a condition that is null is broken", async () => {
    const table = await tableWith({ "delta.constraints.rule": "price > 0" });
    await expect(table.append([{ ...ROW, price: null }])).rejects.toThrow("CHECK constraint rule");
  });

  test("hold for updates and merges, too", async () => {
    const table = await tableWith({ "delta.constraints.rule": "price < 10" });
    await table.append([ROW]);
    await expect(table.update({ price: "price + 10" })).rejects.toThrow("CHECK constraint rule");
    const source = await tableWith({});
    await source.append([{ ...ROW, price: "11.00" }]);
    await expect(table.merge(source.read(), ["id"]).whenMatchedUpdateAll().execute()).rejects.toThrow("CHECK");
    expect((await rowsOf(table)).map(({ price }) => price)).toEqual(["2.50"]);
  });

  test.each([
    ["regexp_like(name, 'a')", "the function regexp_like"],
    ["name = any_value(1)", "the function any_value"],
    ["id @ 3", "cannot be understood"],
    ["nobody > 3", "no column nobody"],
    ["id", "no condition"],
  ])("what is not known is refused by name: %s", async (sql, message) => {
    const table = await tableWith({ "delta.constraints.rule": sql });
    const error = await table.append([ROW]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnsupportedFeatureError);
    expect((error as Error).message).toContain("CHECK constraint rule");
    expect(String((error as Error).cause)).toContain(message);
  });

  test("an invariant of a column is one", async () => {
    const invariant = { "delta.invariants": JSON.stringify({ expression: { expression: "checked > 3" } }) };
    const table = await tableWith({}, [field("checked", "integer", true, invariant)]);
    await table.append([{ ...ROW, checked: 4 }]);
    await expect(table.append([{ ...ROW, checked: 3 }])).rejects.toThrow("invariant of checked");
  });
});

describe("generated columns", () => {
  const generated = (name: string, type: "integer" | "date" | "decimal(12,2)", expression: string) =>
    field(name, type, true, { "delta.generationExpression": expression });

  test("are computed, follow updates, and are refused when they do not fit", async () => {
    const table = await tableWith({}, [
      generated("year", "integer", "YEAR(day)"),
      generated("date", "date", "CAST(moment AS DATE)"),
      generated("double", "decimal(12,2)", "price * 2"),
    ]);
    await table.append([ROW]);
    await table.update({ day: "DATE '2030-01-01'", price: "price + 1" });
    expect(await rowsOf(table)).toMatchObject([{ year: 2030, date: "2024-02-29", double: "7.00" }]);
    await table.append([{ ...ROW, id: 2n, year: 2024 }]);
    await expect(table.append([{ ...ROW, year: 2023 }])).rejects.toThrow("Generated Column");
    const source = await tableWith({});
    await source.append([
      { ...ROW, day: null },
      { ...ROW, id: 3n },
    ]);
    await table.merge(source.read(), ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
    const years = (await rowsOf(table)).map(({ id, year }) => `${String(id)}: ${String(year)}`);
    expect(years.sort()).toEqual(["1: null", "2: 2024", "3: 2024"]);
  });

  test("by an expression that is not known forbid writing", async () => {
    const table = await tableWith({}, [generated("hash", "integer", "hash(name)")]);
    await expect(table.append([ROW])).rejects.toThrow("the function hash");
  });

  test("a default stands in for a value that is not given", async () => {
    const table = await tableWith({}, [field("kind", "string", true, { CURRENT_DEFAULT: "'none'" })]);
    await table.append([ROW]);
    await table.append([{ ...ROW, id: 2n, kind: null }]);
    expect((await rowsOf(table)).map(({ kind }) => kind)).toEqual(expect.arrayContaining(["none", null]));
  });
});

describe("columns that map their names", () => {
  test("are added, renamed and dropped without writing a data file", async () => {
    const table = await tableWith({ "delta.columnMapping.mode": "name", "delta.constraints.rule": "id > 0" });
    await table.append([ROW]);
    const before = (await (await table.snapshot()).files()).map(({ path }) => path);
    await table.addColumns([field("note", "string")]);
    await table.renameColumn("name", "full name");
    await table.dropColumn("price");
    expect((await (await table.snapshot()).files()).map(({ path }) => path)).toEqual(before);
    await table.append([{ id: 2n, "full name": "b", note: "n" }]);
    await table.delete("`full name` = 'São' AND id = 9");
    await table.addColumns([field("price", "string")]);
    const found = await rowsOf(table);
    expect(found.map((row) => [row["full name"], row["note"], row["price"]]).sort()).toEqual([
      ["São", null, null],
      ["b", "n", null],
    ]);
    expect((await table.history()).map(({ operation }) => operation)).toEqual([
      "ADD COLUMNS",
      "WRITE",
      "DROP COLUMNS",
      "RENAME COLUMN",
      "ADD COLUMNS",
      "WRITE",
      "CREATE TABLE",
    ]);
    await expect(table.dropColumn("id")).rejects.toThrow("used by delta.constraints.rule");
    await expect(table.renameColumn("note", "PRICE")).rejects.toThrow("already");
    await expect(table.renameColumn("nobody", "x")).rejects.toThrow("no column nobody");
  });

  test("begin in a table that has files, which keep their names", async () => {
    const table = await tableWith({});
    await table.append([ROW]);
    await expect(table.renameColumn("name", "title")).rejects.toThrow("maps their names");
    await table.setProperties({ "delta.columnMapping.mode": "name" });
    await table.renameColumn("name", "title");
    await table.append([{ id: 2n, title: "b" }]);
    expect((await rowsOf(table)).map(({ title }) => title).sort()).toEqual(["São", "b"]);
    await expect(table.setProperties({ "delta.columnMapping.mode": null })).rejects.toThrow("cannot change");
  });
});
