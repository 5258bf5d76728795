import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { UnsupportedFeatureError } from "../../lib/errors.js";
import type { Relation } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, decimalOf, field, type StructField } from "../../lib/types.js";

const golden = resolve("test/fixtures/delta");
const scratch = fs.mkdtempSync(join(tmpdir(), "tslake reading "));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

type Action = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Row = Readonly<Record<string, Value>>;

describe("conditions", () => {
  const names = fs.readdirSync(golden).filter((name) => !name.includes("."));

  test.each(names)("on %s leave out no file that holds a matching row", async (name) => {
    const table = await DeltaTable.open(join(golden, name));
    const rows = await table.read().collect();
    expect(await table.read().count()).toBe(rows.length);
    for (const column of table.fields.filter(({ type }) => isOrdered(type))) {
      const values = [...new Set(rows.map((row) => row[column.name] ?? null))].filter((value) => value !== null);
      for (const value of sample(values)) await expectFiltered(table.read(), rows, column, value);
      await expectSame(
        table.read().filter((t) => t[column.name]?.isNull() as never),
        rows.filter((row) => (row[column.name] ?? null) === null),
      );
    }
  });

  test("on a table leave out files by partition, statistics, physical names and typed statistics", async () => {
    const files = async (name: string, condition: (t: never) => unknown): Promise<number> => {
      const table = await DeltaTable.open(join(golden, name));
      const opened: string[] = [];
      const read = table.storage.readRange.bind(table.storage);
      table.storage.readRange = (path, start, end) => {
        if (path.endsWith(".parquet") && !path.startsWith("_delta_log")) opened.push(path);
        return read(path, start, end);
      };
      await table
        .read()
        .filter(condition as never)
        .collect();
      return new Set(opened).size;
    };
    expect(await files("column-mapping-name", (t: { part: { eq(v: string): unknown } }) => t.part.eq("p/2"))).toBe(1);
    expect(await files("column-mapping-name", (t: { key: { gt(v: bigint): unknown } }) => t.key.gt(3n))).toBe(1);
    expect(await files("struct-statistics", (t: { id: { eq(v: bigint): unknown } }) => t.id.eq(1n))).toBe(1);
    expect(await files("struct-statistics", (t: { day: { ge(v: string): unknown } }) => t.day.ge("2024-01-03"))).toBe(
      1,
    );
    expect(await files("type-widening", (t: { byte_long: { gt(v: bigint): unknown } }) => t.byte_long.gt(0n))).toBe(1);
  });
});

describe("what a log says of its files", () => {
  test("a missing file is an error that names it, never no rows", async () => {
    const folder = copy("checkpoints-v2-parquet");
    const { adds } = await filesOf(folder);
    const partition = dirname(join(folder, decodeURIComponent(adds[0] ?? "")));
    fs.rmSync(partition, { recursive: true });
    const table = await DeltaTable.open(folder);
    const missing = expect.objectContaining({
      where: expect.objectContaining({ file: decodeURIComponent(adds[0] ?? "") }),
    });
    await expect(table.read().collect()).rejects.toThrow(missing);
    expect(fs.existsSync(partition)).toBe(false);
  });

  test("a file that is damaged is an error", async () => {
    const folder = copy("deltalake-appends");
    const { adds } = await filesOf(folder);
    fs.writeFileSync(join(folder, decodeURIComponent(adds[0] ?? "")), "PAR1 no longer PAR1");
    await expect((await DeltaTable.open(folder)).read().collect()).rejects.toThrow();
    fs.writeFileSync(join(folder, decodeURIComponent(adds[0] ?? "")), "");
    await expect((await DeltaTable.open(folder)).read().collect()).rejects.toThrow(/no Parquet file/);
  });

  test("absolute paths, spelt in any way, and wrong sizes are no obstacle", async () => {
    const folder = copy("all-types");
    const rows = await (await DeltaTable.open(folder)).read().collect();
    const elsewhere = fs.mkdtempSync(join(scratch, "else where #"));
    let number = 0;
    rewrite(folder, (action) => {
      const path = action["add"]?.["path"];
      if (typeof path !== "string") return action;
      const moved = join(elsewhere, path);
      fs.renameSync(join(folder, path), moved);
      const { href, pathname } = pathToFileURL(moved);
      const spellings = [href, href.replace("file://", "file:"), pathname];
      return { add: { ...action["add"], path: spellings[number++ % 3], size: 1 } };
    });
    expect(await (await DeltaTable.open(folder)).read().collect()).toEqual(rows);
  });

  test("a column of another case is the column; one that no name fits is null", async () => {
    const folder = copy("struct-statistics");
    fs.rmSync(join(folder, "_delta_log", "_last_checkpoint"));
    for (const name of fs.readdirSync(join(folder, "_delta_log")))
      if (name.includes("checkpoint")) fs.rmSync(join(folder, "_delta_log", name));
    const schema = (text: unknown): string =>
      String(text).replace('"name":"name"', '"name":"NAME"').replace('"name":"amount"', '"name":"other"');
    rewrite(folder, (action) =>
      action["metaData"]
        ? { metaData: { ...action["metaData"], schemaString: schema(action["metaData"]["schemaString"]) } }
        : action,
    );
    const rows = await (await DeltaTable.open(folder)).read().collect();
    expect(rows.map((row) => row["NAME"]).sort()).toEqual(["n0", "n1", "n2"]);
    expect(rows.map((row) => row["other"])).toEqual([null, null, null]);
  });

  test("a type that the file's values do not fit is an error that names the column and both types", async () => {
    for (const [type, message] of [
      ["integer", undefined],
      ["date", /The column id .* type/],
      ["boolean", /The column id .* type/],
      [{ type: "array", elementType: "long", containsNull: true }, /The column id .* type/],
    ] as const) {
      const folder = retyped("id", type);
      const collected = DeltaTable.open(folder).then((table) => table.read().collect());
      if (message === undefined) expect((await collected).map((row) => row["id"])).toHaveLength(3);
      else await expect(collected).rejects.toThrow(message);
    }
  });

  test("field ids that no file has are an error, not nulls", async () => {
    const folder = copy("deltalake-appends");
    rewrite(folder, (action) => {
      const schema = String(action["metaData"]?.["schemaString"]).replace(
        '"name":"id","type":"long","nullable":true,"metadata":{}',
        '"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}',
      );
      const configuration = { "delta.columnMapping.mode": "id" };
      return action["metaData"] ? { metaData: { ...action["metaData"], schemaString: schema, configuration } } : action;
    });
    const table = await DeltaTable.open(folder, { version: 0 });
    await expect(table.read().collect()).rejects.toThrow(/no field ids/);
  });

  test("physical names that a table without column mapping has left over count for nothing", async () => {
    const folder = copy("all-types");
    const rows = await (await DeltaTable.open(folder)).read().collect();
    rewrite(folder, (action) => {
      const schema = String(action["metaData"]?.["schemaString"]).replaceAll(
        '"metadata":{}',
        '"metadata":{"delta.columnMapping.physicalName":"col-1"}',
      );
      return action["metaData"] ? { metaData: { ...action["metaData"], schemaString: schema } } : action;
    });
    expect(await (await DeltaTable.open(folder)).read().collect()).toEqual(rows);
  });
});

describe("tables that need what this engine lacks", () => {
  test.each([
    [{ minReaderVersion: 4, minWriterVersion: 7 }, {}, "reader protocol version 4"],
    [
      {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ["catalogManaged", "geospatial"],
        writerFeatures: ["catalogManaged", "geospatial"],
      },
      {},
      "catalogManaged, geospatial",
    ],
    [
      { minReaderVersion: 2, minWriterVersion: 5 },
      { "delta.columnMapping.mode": "other" },
      "column mapping mode other",
    ],
  ])("are refused by name: %j %j", async (protocol, configuration, message) => {
    const folder = copy("all-types");
    rewrite(folder, (action) => {
      if (action["protocol"]) return { protocol };
      return action["metaData"] ? { metaData: { ...action["metaData"], configuration } } : action;
    });
    const opened = DeltaTable.open(folder).then((table) => table.read().collect());
    await expect(opened).rejects.toThrow(UnsupportedFeatureError);
    await expect(opened).rejects.toThrow(message);
  });

  test.each(["geometry(OGC:CRS84)", "interval year to month"])(
    "are refused by the name of a column's type: %s",
    async (type) => {
      const opened = DeltaTable.open(retyped("id", type)).then((table) => table.read().collect());
      await expect(opened).rejects.toThrow(UnsupportedFeatureError);
      await expect(opened).rejects.toThrow(expect.objectContaining({ actual: expect.stringContaining(type) }));
    },
  );

  test("writer features alone keep nobody from reading", async () => {
    const folder = copy("all-types");
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["some writers' feature"] };
    rewrite(folder, (action) => (action["protocol"] ? { protocol } : action));
    expect(await (await DeltaTable.open(folder)).read().count()).toBe(3);
  });
});

describe("change data feed", () => {
  test("is refused for versions at which the table did not record changes", async () => {
    const table = await DeltaTable.open(join(golden, "change-feed"));
    await expect(table.changes({ from: 0 })).rejects.toThrow(/did not record its changes at version 0/);
    await expect(table.changes({ from: 5, to: 4 })).rejects.toThrow(/to the same or a later one/);
    await expect(table.changes({ from: 1, to: 99 })).rejects.toThrow(/does not hold all/);
  });

  test("says when each change was committed", async () => {
    const table = await DeltaTable.open(join(golden, "change-feed"));
    const [row] = await (await table.changes({ from: 2, to: 2 })).collect();
    const modified = fs.statSync(join(golden, "change-feed", "_delta_log", `${"2".padStart(20, "0")}.json`)).mtimeMs;
    expect(Date.parse(String(row?.["_commit_timestamp"]))).toBe(Math.floor(modified));
  });
});

async function expectFiltered(relation: Relation, rows: readonly Row[], column: StructField, value: Value) {
  const comparisons = [
    ["eq", (order: number) => order === 0],
    ["gt", (order: number) => order > 0],
  ] as const;
  for (const [operator, holds] of comparisons) {
    const filtered = relation.filter(
      (t) => (t[column.name] as never as Record<string, (v: Value) => never>)[operator]?.(value) as never,
    );
    const expected = rows.filter((row) => {
      const own = row[column.name] ?? null;
      return own !== null && holds(compare(column.type, own, value));
    });
    await expectSame(filtered, expected);
  }
}

async function expectSame(relation: Relation, expected: readonly Row[]) {
  const lines = (rows: readonly Row[]): readonly string[] => rows.map(show).sort();
  expect(lines(await relation.collect())).toEqual(lines(expected));
}

function show(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) =>
    typeof value === "bigint" || Number.isNaN(value) ? String(value) : value,
  );
}

function isOrdered(type: DataType): boolean {
  return typeof type === "string" && (decimalOf(type) !== undefined || ORDERED.has(type));
}

const ORDERED: ReadonlySet<string> = new Set([
  "byte",
  "short",
  "integer",
  "long",
  "string",
  "date",
  "timestamp",
  "timestamp_ntz",
  "float",
  "double",
]);

function compare(type: DataType, a: Value, b: Value): number {
  if (type === "string") return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  if (decimalOf(type)) return Number(scaled(a) - scaled(b));
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  const [x, y] = type === "timestamp" || type === "timestamp_ntz" ? [instant(a), instant(b)] : [a, b];
  return (x ?? 0) < (y ?? 0) ? -1 : (x ?? 0) > (y ?? 0) ? 1 : 0;
}

/** Decimals of one column have the same number of decimals. */
function scaled(value: Value): bigint {
  return BigInt(String(value).replace(".", ""));
}

/** Times sort as text when all have six digits of fraction. */
function instant(value: Value): string {
  const [seconds = "", fraction = ""] = String(value).replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(6, "0")}`;
}

function sample<T>(values: readonly T[]): readonly T[] {
  return values.length < 2 ? values : [values[0] as T, values[Math.floor(values.length / 2)] as T];
}

function copy(name: string): string {
  const folder = fs.mkdtempSync(join(scratch, "table "));
  fs.cpSync(join(golden, name), folder, { recursive: true });
  return folder;
}

/** Files of one column of longs, which has another type in the log. */
function retyped(column: string, type: unknown): string {
  const folder = fs.mkdtempSync(join(scratch, "table "));
  fs.cpSync(join(golden, "checkpoint-parts"), folder, { recursive: true });
  for (const name of fs.readdirSync(join(folder, "_delta_log")))
    fs.rmSync(join(folder, "_delta_log", name), { recursive: true });
  const schemaString = JSON.stringify({ type: "struct", fields: [{ ...field(column, "long"), type }] });
  const data = fs.readdirSync(folder).filter((name) => name.endsWith(".parquet"));
  const actions: Action[] = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "1",
        format: { provider: "parquet", options: {} },
        schemaString,
        partitionColumns: [],
        configuration: {},
      },
    },
    ...data
      .slice(0, 3)
      .map((path) => ({ add: { path, partitionValues: {}, size: 0, modificationTime: 0, dataChange: true } })),
  ];
  fs.writeFileSync(
    join(folder, "_delta_log", `${"0".repeat(20)}.json`),
    actions.map((action) => JSON.stringify(action)).join("\n"),
  );
  return folder;
}

function rewrite(folder: string, change: (action: Action) => Action): void {
  const log = join(folder, "_delta_log");
  for (const name of fs.readdirSync(log).filter((one) => /^\d{20}\.json$/.test(one))) {
    const lines = fs.readFileSync(join(log, name), "utf8").trim().split("\n");
    fs.writeFileSync(
      join(log, name),
      lines.map((line) => JSON.stringify(change(JSON.parse(line) as Action))).join("\n"),
    );
  }
}

async function filesOf(folder: string): Promise<{ readonly adds: readonly string[] }> {
  const snapshot = await (await DeltaTable.open(folder)).snapshot();
  return { adds: (await snapshot.files()).map(({ path }) => path) };
}
