import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringifyJson } from "../../lib/delta/json.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { ConflictError, UnsupportedFeatureError, UsageError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field } from "../../lib/types.js";
import { append, ids, newTable, range, removeFilesWith, rows } from "./tables.js";

const bounds = async (table: Awaited<ReturnType<typeof newTable>>): Promise<readonly (readonly number[])[]> =>
  (await (await table.snapshot()).files())
    .map(({ stats }) => JSON.parse(stats ?? "") as Record<string, { readonly id: number }>)
    .map(({ minValues, maxValues }) => [minValues?.id ?? 0, maxValues?.id ?? 0])
    .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));

describe("optimize", () => {
  test("makes one file of many small ones, without a change of rows, and then has nothing to do", async () => {
    const table = await newTable();
    for (let i = 0; i < 5; i++) await append(table, rows(i * 10, i * 10 + 10));
    const result = await table.optimize();
    expect(result).toMatchObject({ version: 6, committed: true, removedFiles: 5, addedFiles: 1 });
    expect(await ids(table.storage)).toEqual(range(0, 50));
    expect(await ids(table.storage, { version: 5 })).toEqual(range(0, 50));
    expect(await bounds(table)).toEqual([[0, 49]]);
    const [commit] = await table.history({ limit: 1 });
    expect(commit).toMatchObject({
      operation: "OPTIMIZE",
      operationParameters: { predicate: "[]", zOrderBy: "[]", auto: "false" },
      operationMetrics: { numRemovedFiles: "5", numAddedFiles: "1", numRemovedBytes: String(result.removedBytes) },
      isBlindAppend: false,
    });
    const snapshot = await table.snapshot();
    expect((await snapshot.files()).map(({ dataChange }) => dataChange)).toEqual([false]);
    expect((await snapshot.addedSince(5))?.flatMap(({ added, removed }) => [...added, ...removed])).toEqual([]);
    expect(await table.optimize()).toMatchObject({ version: 6, committed: false });
  });

  test("stays within partitions and the target size", async () => {
    const table = await newTable({}, ["ano"]);
    for (let i = 0; i < 4; i++) await append(table, rows(i * 10, i * 10 + 10));
    const size = (await (await table.snapshot()).files())[0]?.size ?? 0;
    expect(await table.optimize({ partition: { ano: "2014" }, targetSize: size * 2.5 })).toMatchObject({
      removedFiles: 4,
      addedFiles: 2,
    });
    const files = await (await table.snapshot()).files();
    expect(files.filter(({ partitionValues }) => partitionValues["ano"] === "2014")).toHaveLength(2);
    expect(files.filter(({ partitionValues }) => partitionValues["ano"] === "2015")).toHaveLength(4);
    expect(await ids(table.storage)).toEqual(range(0, 40));
  });

  test("clusters by columns: files hold ranges of them", async () => {
    const table = await newTable();
    for (let i = 0; i < 4; i++)
      await append(
        table,
        rows(0, 400).filter(({ id }) => id % 4 === i),
      );
    const total = (await (await table.snapshot()).files()).reduce((sum, { size }) => sum + size, 0);
    await table.optimize({ clusterBy: ["ID"], targetSize: total / 4 });
    expect(await bounds(table)).toEqual([
      [0, 99],
      [100, 199],
      [200, 299],
      [300, 399],
    ]);
    expect(await ids(table.storage)).toEqual(range(0, 400));
  });

  test("orders along a curve: every file holds a part of each column's range", async () => {
    const table = await newTable();
    const square = range(0, 1024).map((i) => ({
      id: i % 32,
      name: String(Math.floor(i / 32)).padStart(2, "0"),
      ano: null,
    }));
    await append(table, square);
    const total = (await (await table.snapshot()).files()).reduce((sum, { size }) => sum + size, 0);
    await table.optimize({ zOrderBy: ["id", "name"], targetSize: Math.ceil(total / 16) });
    const files = (await (await table.snapshot()).files()).map(
      ({ stats }) => JSON.parse(stats ?? "") as Record<string, { readonly id: number; readonly name: string }>,
    );
    expect(files.length).toBeGreaterThanOrEqual(16);
    const widths = files.map(({ minValues, maxValues }) => [
      (maxValues?.id ?? 0) - (minValues?.id ?? 0),
      Number(maxValues?.name) - Number(minValues?.name),
    ]);
    expect(Math.max(...widths.map(([id = 99]) => id))).toBeLessThanOrEqual(16);
    expect(Math.max(...widths.map(([, name = 99]) => name))).toBeLessThanOrEqual(16);
    expect((await ids(table.storage)).length).toBe(1024);
  });

  test("leaves appends that come meanwhile beside it, and loses to a delete of its files", async () => {
    const table = await newTable();
    for (let i = 0; i < 3; i++) await append(table, rows(i * 10, i * 10 + 10));
    const other = await DeltaTable.open(table.storage);
    const snapshot = await table.snapshot();
    table.snapshot = async () => snapshot;
    await append(other, rows(30, 40));
    expect(await table.optimize()).toMatchObject({ version: 5, removedFiles: 3 });
    expect(await ids(table.storage)).toEqual(range(0, 40));
    await append(other, rows(40, 50));
    const before = await other.snapshot();
    table.snapshot = async () => before;
    await removeFilesWith(other, 45);
    await expect(table.optimize()).rejects.toThrow(ConflictError);
    expect(await ids(table.storage)).toEqual(range(0, 40));
  });

  test("knows columns by their names where files have others", async () => {
    const table = await newTable({ "delta.columnMapping.mode": "name" }, ["ano"]);
    for (let i = 0; i < 3; i++) await append(table, rows(i * 10, i * 10 + 10));
    await append(table, [{ id: 30, name: null, ano: null }]);
    expect(await table.optimize({ partition: { ano: "2014" } })).toMatchObject({ removedFiles: 3, addedFiles: 1 });
    expect(await table.optimize({ zOrderBy: ["id", "name"] })).toMatchObject({ removedFiles: 5, addedFiles: 3 });
    expect(await ids(table.storage)).toEqual(range(0, 31));
    const found = (await (await DeltaTable.open(table.storage)).read().collect()).filter((row) => row["ano"] === null);
    expect(found.map((row) => row["id"])).toEqual([30n]);
  });

  test("refuses what the table does not have", async () => {
    const table = await newTable({}, ["ano"]);
    await append(table, rows(0, 10));
    await expect(table.optimize({ zOrderBy: ["nome"] })).rejects.toThrow(UsageError);
    await expect(table.optimize({ clusterBy: ["ano"] })).rejects.toThrow("no column ano");
    await expect(table.optimize({ partition: { id: "1" } })).rejects.toThrow("not partitioned by id");
    await expect(table.optimize({ clusterBy: ["id"], purge: true })).rejects.toThrow(UsageError);
    expect(await table.optimize({ partition: { ano: "1999" } })).toMatchObject({ committed: false });
  });
});

test.each(["clusterBy", "zOrderBy"] as const)("%s takes no column without an order", async (option) => {
  const types = ["binary", "void", { type: "struct", fields: [field("a", "long")] }] as const;
  for (const type of types) {
    const table = await DeltaTable.create(new MemoryStorage(), { fields: [field("id", "long"), field("v", type)] });
    await table.append([{ id: 1n }]);
    const error = await table.optimize({ [option]: ["v"] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ where: { column: "v" }, expected: "some of id" });
  }
  const variants = await DeltaTable.open("test/fixtures/delta/variants");
  const refused = await variants.optimize({ [option]: ["v"] }).catch((caught: unknown) => caught);
  expect(refused).toBeInstanceOf(UnsupportedFeatureError);
  expect((refused as Error).message).toContain("variantType");
});

test("tables that find columns by field ids are rewritten with them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tslake-ids-"));
  try {
    cpSync("test/fixtures/delta/column-mapping-id", folder, { recursive: true });
    const rowsOf = async () => (await (await DeltaTable.open(folder)).read().collect()).map(stringifyJson).sort();
    const before = await rowsOf();
    const table = await DeltaTable.open(folder);
    await table.append(table.read());
    expect(await table.optimize()).toMatchObject({ committed: true });
    expect(await rowsOf()).toEqual([...before, ...before].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
