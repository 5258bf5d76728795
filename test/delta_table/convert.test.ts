import { describe, expect, test } from "vitest";
import { parquetHandler } from "../../lib/delta/parquet_handler.js";
import { parseStats } from "../../lib/delta/stats.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { DeltaError, UsageError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { type DataType, field } from "../../lib/types.js";

type Values = Readonly<Record<string, unknown>>;

async function put(
  storage: Storage,
  path: string,
  columns: Readonly<Record<string, DataType>>,
  ...rowGroups: readonly (readonly Values[])[]
): Promise<void> {
  const fields = Object.entries(columns).map(([name, type]) => field(name, type));
  await storage.put(path, await parquetHandler.encode({ type: "struct", fields }, rowGroups));
}

const rowsOf = async (storage: Storage): Promise<readonly Values[]> =>
  (await DeltaTable.open(storage)).read().collect();

describe("a folder of Parquet files becomes a table", () => {
  test("with the files as they are, and statistics from their footers", async () => {
    const storage = new MemoryStorage();
    const columns = {
      id: "long",
      small: "short",
      name: "string",
      price: "decimal(9,2)",
      total: "decimal(20,3)",
      ratio: "double",
      day: "date",
      at: "timestamp",
      local: "timestamp_ntz",
    } as const;
    const row = (id: number): Values => ({
      id: BigInt(id),
      small: id,
      name: `é${id}`,
      price: BigInt(id * 100 + 5),
      total: BigInt(-id),
      ratio: id / 2,
      day: id,
      at: BigInt(id) * 1_000_000n,
      local: BigInt(id) * 1000n,
    });
    await put(storage, "a.parquet", columns, [row(1), row(2)], [row(7), { id: null }]);
    await put(storage, "nested/b c.parquet", { id: "long", more: "boolean" }, [{ id: 9n, more: true }]);
    await storage.put("_SUCCESS", new Uint8Array());
    await storage.put(".a.parquet.crc", new Uint8Array(8));
    expect(await DeltaTable.convert(storage, { properties: { "x.y": "1" } })).toMatchObject({
      version: 0,
      files: 2,
      rows: 5,
    });

    const table = await DeltaTable.open(storage);
    expect(table.fields.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([
      ...Object.entries(columns).map(([name, type]) => [name, type, true]),
      ["more", "boolean", true],
    ]);
    const [first] = await (await table.snapshot()).files();
    const stats = parseStats(first?.stats);
    expect(stats?.numRecords).toBe(4n);
    const bounds = (name: keyof typeof columns) => [
      stats?.min([name], columns[name]),
      stats?.max([name], columns[name]),
    ];
    expect(bounds("id")).toEqual([1, 7]);
    expect(bounds("small")).toEqual([1, 7]);
    expect(bounds("name")).toEqual(["é1", "é7"]);
    expect(bounds("price")).toEqual(["1.05", "7.05"]);
    expect(bounds("total")).toEqual(["-0.007", "-0.001"]);
    expect(bounds("ratio")).toEqual([0.5, undefined]);
    expect(bounds("day")).toEqual(["1970-01-02", "1970-01-08"]);
    expect(bounds("at")).toEqual([1_000_000n, 7_000_999n]);
    expect(stats?.nullCount(["id"])).toBe(1n);
    const found = await rowsOf(storage);
    expect(found.map(({ id }) => id)).toEqual([1n, 2n, 7n, null, 9n]);
    expect(found.at(-1)).toMatchObject({ more: true, name: null });
    expect((await table.history())[0]).toMatchObject({
      operation: "CONVERT",
      operationParameters: { numFiles: "2", partitionedBy: "[]" },
      operationMetrics: { numConvertedFiles: "2" },
    });
  });

  test("with the partitions that the folders name", async () => {
    const storage = new MemoryStorage();
    for (const [folder, id] of [
      ["ano=2014/canal=São%20Paulo", 1],
      ["ano=2015/canal=a%3Db", 2],
      ["ano=2015/canal=__HIVE_DEFAULT_PARTITION__", 3],
    ] as const)
      await put(storage, `${folder}/x.parquet`, { id: "long" }, [{ id: BigInt(id) }]);
    await DeltaTable.convert(storage);
    const table = await DeltaTable.open(storage);
    const snapshot = await table.snapshot();
    expect(snapshot.partitionColumns).toEqual(["ano", "canal"]);
    expect(table.fields.map(({ type }) => type)).toEqual(["long", "integer", "string"]);
    const found = [...(await rowsOf(storage))].sort((a, b) => Number(a["id"]) - Number(b["id"]));
    expect(found).toEqual([
      { id: 1n, ano: 2014, canal: "São Paulo" },
      { id: 2n, ano: 2015, canal: "a=b" },
      { id: 3n, ano: 2015, canal: null },
    ]);
    expect((await snapshot.files()).map(({ path }) => path)).toContain("ano=2015/canal=a%253Db/x.parquet");
  });

  test("with the partition types that are given", async () => {
    const storage = new MemoryStorage();
    await put(storage, "ano=2014/a.parquet", { id: "long" }, [{ id: 1n }]);
    await DeltaTable.convert(storage, { partitionTypes: [field("ano", "string")] });
    expect(await rowsOf(storage)).toEqual([{ id: 1n, ano: "2014" }]);
  });
});

describe("a folder is refused", () => {
  const refused = async (
    storage: Storage,
    options: Parameters<typeof DeltaTable.convert>[1] = {},
  ): Promise<unknown> => {
    const error: unknown = await DeltaTable.convert(storage, options).catch((caught: unknown) => caught);
    expect((await storage.list("_delta_log/0")).filter(({ size }) => size === 0)).toEqual([]);
    return error;
  };

  test("when it has no files, or is a table already", async () => {
    expect(await refused(new MemoryStorage())).toMatchObject({ message: expect.stringContaining("no Parquet file") });
    const storage = new MemoryStorage();
    await put(storage, "a.parquet", { id: "long" }, [{ id: 1n }]);
    await DeltaTable.convert(storage);
    await expect(DeltaTable.convert(storage)).rejects.toThrow("is a Delta table already");
    expect(await rowsOf(storage)).toHaveLength(1);
  });

  test("when a file is no Parquet, or damaged", async () => {
    for (const bytes of [new Uint8Array(3), new TextEncoder().encode("id\n1\n2\n3\n4\n5"), new Uint8Array(20)]) {
      const storage = new MemoryStorage();
      await put(storage, "a.parquet", { id: "long" }, [{ id: 1n }]);
      await storage.put("b.csv", bytes);
      const error = await refused(storage);
      expect(error).toBeInstanceOf(DeltaError);
      expect(error).toMatchObject({ message: expect.stringContaining("b.csv is no Parquet file") });
    }
    const storage = new MemoryStorage();
    await storage.put("cut.parquet", new TextEncoder().encode(`PAR1${"x".repeat(30)}\u0010\u0000\u0000\u0000PAR1`));
    expect(await refused(storage)).toMatchObject({ where: { file: "cut.parquet" } });
  });

  test("when the files do not fit together", async () => {
    const types = new MemoryStorage();
    await put(types, "a.parquet", { id: "long" }, [{ id: 1n }]);
    await put(types, "b.parquet", { id: "string" }, [{ id: "x" }]);
    expect(await refused(types)).toMatchObject({
      where: { file: "b.parquet", column: "id" },
      expected: "long, as in a.parquet",
      actual: "string",
    });
    const folders = new MemoryStorage();
    await put(folders, "ano=2014/a.parquet", { id: "long" }, [{ id: 1n }]);
    await put(folders, "b.parquet", { id: "long" }, [{ id: 1n }]);
    expect(await refused(folders)).toMatchObject({ where: { file: "b.parquet" } });
    const mixed = new MemoryStorage();
    await put(mixed, "ano=2014/other/a.parquet", { id: "long" }, [{ id: 1n }]);
    expect(await refused(mixed)).toMatchObject({ message: expect.stringContaining("other is no partition") });
  });

  test("when a column or a partition cannot be", async () => {
    const spaced = new MemoryStorage();
    await put(spaced, "a.parquet", { "my id": "long" }, [{ "my id": 1n }]);
    expect(await refused(spaced)).toMatchObject({ message: expect.stringContaining("my id") });
    const storage = new MemoryStorage();
    await put(storage, "ano=x/a.parquet", { id: "long" }, [{ id: 1n }]);
    expect(await refused(storage, { partitionTypes: [field("ano", "integer")] })).toMatchObject({
      where: { file: "ano=x/a.parquet", column: "ano" },
    });
    expect(await refused(storage, { partitionTypes: [field("mes", "integer")] })).toBeInstanceOf(UsageError);
  });
});
