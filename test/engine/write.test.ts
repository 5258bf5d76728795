import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WrittenFile } from "../../lib/engine/polars/engine.js";
import { StorageError } from "../../lib/errors.js";
import { scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, field } from "../../lib/types.js";
import { mounted } from "../support/mounted.js";
import { type Cell, engine, locateIn, smallEngine, tables, values } from "./support.js";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "engine-write-"));
});
afterAll(() => rm(root, { recursive: true }));

const TYPES = {
  b: "boolean",
  y: "byte",
  s: "short",
  i: "integer",
  l: "long",
  f: "float",
  d: "double",
  m: "decimal(9,2)",
  n: "decimal(18,4)",
  o: "decimal(38,10)",
  t: "string",
  day: "date",
  at: "timestamp",
  wall: "timestamp_ntz",
} as const satisfies Readonly<Record<string, DataType>>;
const FIELDS = Object.entries<DataType>(TYPES).map(([name, type]) => field(name, type));
const HIGH: readonly Cell[] = [
  true,
  "127",
  "32767",
  "2147483647",
  "9223372036854775807",
  "1.5",
  "1e300",
  "9999999.99",
  "99999999999999.9999",
  "9999999999999999999999999999.9999999999",
  "\u{10ffff}ç",
  "9999-12-31",
  "2262-04-11T23:47:16.854775Z",
  "2262-04-11 23:47:16.854775",
];
const LOW: readonly Cell[] = [
  false,
  "-128",
  "-32768",
  "-2147483648",
  "-9223372036854775808",
  "-1.5",
  "-1e300",
  "-9999999.99",
  "-99999999999999.9999",
  "-9999999999999999999999999999.9999999999",
  "",
  "0001-01-01",
  "1677-09-21T00:12:43.145225Z",
  "1677-09-21 00:12:43.145225",
];
const NONE: readonly Cell[] = FIELDS.map(() => null);

let number = 0;
async function write(
  rows: readonly (readonly Cell[])[],
  partitionBy: readonly string[] = [],
  targetRows?: number,
): Promise<readonly WrittenFile[]> {
  const folder = `w${number++}`;
  return engine.writeParquet(values(TYPES, rows).node, {
    partitionBy,
    ...(targetRows === undefined ? {} : { targetRows }),
    newPath: (_, i) => `${folder}/${i}.parquet`,
    locate: async (path) => ({ url: join(root, path === "_staging" ? `${folder}/_staging` : path) }),
  });
}

async function read(files: readonly WrittenFile[]) {
  const name = `t${number++}`;
  tables.set(name, {
    files: files.map((file) => ({
      open: async () => ({ location: { url: join(root, file.path) } }),
      partitionValues: {},
    })),
    partitionColumns: [],
    fields: FIELDS,
  });
  return engine.collect({ op: "scan", source: { kind: "table", table: name }, fields: FIELDS });
}

describe("a file", () => {
  test("gives back every value of every type", async () => {
    const rows = [LOW, HIGH, NONE];
    expect(await read(await write(rows))).toEqual(await engine.collect(values(TYPES, rows).node));
  });
  test("tells rows, size and exact bounds", async () => {
    const [file] = await write([LOW, HIGH, NONE]);
    expect(file?.rows).toBe(3);
    expect(file?.bytes).toBeGreaterThan(500);
    const bounds = Object.fromEntries(
      file?.columns.map(({ path, min, max, nullCount }) => [path.join("."), [min, max, nullCount]]) ?? [],
    );
    expect(bounds).toEqual({
      b: [false, true, 1],
      y: [-128, 127, 1],
      s: [-32768, 32767, 1],
      i: [-2147483648, 2147483647, 1],
      l: [-9223372036854775808n, 9223372036854775807n, 1],
      f: [-1.5, 1.5, 1],
      d: [-1e300, 1e300, 1],
      m: ["-9999999.99", "9999999.99", 1],
      n: ["-99999999999999.9999", "99999999999999.9999", 1],
      o: ["-9999999999999999999999999999.9999999999", "9999999999999999999999999999.9999999999", 1],
      t: ["", "\u{10ffff}ç", 1],
      day: ["0001-01-01", "9999-12-31", 1],
      at: [-9223372036854775n + 0n, 9223372036854775n, 1].map((v) =>
        typeof v === "bigint" ? (v < 0n ? -9223372036854775n : v) : v,
      ),
      wall: [-9223372036854775n, 9223372036854775n, 1],
    });
    expect(file?.columns.map((column) => column.type)).toEqual(Object.values(TYPES));
  });
  test("has no bounds where there is no value, or NaN among them", async () => {
    const nan = LOW.map((cell, i) => (FIELDS[i]?.name === "d" ? "NaN" : cell));
    const [file] = await write([nan, HIGH]);
    expect(file?.columns.find((column) => column.path[0] === "d")).toEqual({
      path: ["d"],
      type: "double",
      nullCount: 0,
    });
    const [empty] = await write([NONE, NONE]);
    expect(empty?.columns.find((column) => column.path[0] === "l")).toEqual({
      path: ["l"],
      type: "long",
      nullCount: 2,
    });
  });
  test("has long texts in full", async () => {
    const long = "ç".repeat(1000);
    const [file] = await write([LOW, HIGH.map((cell, i) => (FIELDS[i]?.name === "t" ? long : cell))]);
    expect(file?.columns.find((column) => column.path[0] === "t")?.max).toBe(long);
  });
  test("is of the types that Spark writes", async () => {
    const [file] = await write([LOW, HIGH]);
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(join(root, file?.path ?? "")));
    const described = Object.fromEntries(
      schema.slice(1).map((e) => [e.name, [e.type, e.logical_type?.type ?? e.converted_type, e.repetition_type]]),
    );
    expect(described).toMatchObject({
      l: ["INT64", undefined, "OPTIONAL"],
      m: ["INT32", "DECIMAL", "OPTIONAL"],
      n: ["INT64", "DECIMAL", "OPTIONAL"],
      o: ["FIXED_LEN_BYTE_ARRAY", "DECIMAL", "OPTIONAL"],
      day: ["INT32", "DATE", "OPTIONAL"],
      t: ["BYTE_ARRAY", "STRING", "OPTIONAL"],
    });
    const time = (name: string): unknown => schema.find((e) => e.name === name)?.logical_type;
    expect(time("at")).toEqual({ type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" });
    expect(time("wall")).toEqual({ type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" });
  });
});

describe("files", () => {
  test("there are none without rows", async () => {
    expect(await write([])).toEqual([]);
    expect(await write([], ["t"])).toEqual([]);
    expect(await readdir(join(root, `w${number - 1}`)).catch(() => [])).toEqual([]);
  });
  test("no more rows than asked for, in the order of the relation", async () => {
    const data = values(
      { k: "long" },
      Array.from({ length: 25 }, (_, i) => [String(i)]),
    );
    const files = await engine.writeParquet(data.orderBy((t) => [t.k.desc()]).node, {
      targetRows: 10,
      newPath: (_, i) => `split/${i}.parquet`,
      locate: locateIn(root),
    });
    expect(files.map(({ path, rows, columns: [k] }) => [path, rows, k?.min, k?.max])).toEqual([
      ["split/0.parquet", 10, 15n, 24n],
      ["split/1.parquet", 10, 5n, 14n],
      ["split/2.parquet", 5, 0n, 4n],
    ]);
  });
  test("partition values of every type, and what they are written as", async () => {
    for (const { name, type } of FIELDS) {
      const files = await write([LOW, NONE, HIGH], [name]);
      expect(
        files.map((file) => file.rows),
        String(type),
      ).toEqual([1, 1, 1]);
      expect(files.flatMap((file) => file.columns.map((column) => column.path[0]))).not.toContain(name);
      const given = new Set(files.map((file) => String(file.partitionValues[name])));
      const stored = (cell: Cell | undefined): string =>
        String(
          type === "timestamp" || type === "timestamp_ntz"
            ? cell === HIGH[FIELDS.findIndex((f) => f.name === name)]
              ? 9223372036854775n
              : -9223372036854775n
            : type === "double" || type === "float"
              ? Number(cell)
              : cell,
        );
      const place = FIELDS.findIndex((f) => f.name === name);
      expect(given).toEqual(new Set(["null", stored(LOW[place]), stored(HIGH[place])]));
    }
  });
  test("partition values that are no names of folders", async () => {
    const texts = ["a/b", "a.parquet", "a=b", "%41", "..", " ", "ç\n", "__x", "c:\\d", "?*"];
    const files = await engine.writeParquet(
      values(
        { p: "string", k: "long" },
        texts.map((text, i) => [text, String(i)]),
      ).node,
      {
        partitionBy: ["p"],
        newPath: (_, i) => `texts/${i}.parquet`,
        locate: locateIn(root),
      },
    );
    expect(new Set(files.map((file) => file.partitionValues["p"]))).toEqual(new Set(texts));
    for (const file of files) expect(texts[Number(file.columns[0]?.min)]).toBe(file.partitionValues["p"]);
  });
  test("partition values beside null that are called as its folder, and those too long for a folder", async () => {
    const long = ["é".repeat(42), "é".repeat(5000), "x".repeat(61), `${"x".repeat(61)}y`, "😀".repeat(60)];
    const texts = ["__HIVE_DEFAULT_PARTITION__", "", null, "L1", "V", ...long];
    const rows = texts.flatMap((text, i) => [0, 1].map((n): Cell[] => [text, text, String(i), String(n)]));
    const data = values({ p: "string", q: "string", k: "long", n: "long" }, rows).extend((t) => ({ k: t.k.plus(0n) }));
    for (const [i, runner] of [engine, smallEngine].entries()) {
      const files = await runner.writeParquet(data.node, {
        partitionBy: ["p", "q"],
        newPath: (_, index) => `long${i}/${index}.parquet`,
        locate: locateIn(root),
      });
      expect(files.map(({ rows: count }) => count)).toEqual(texts.map(() => 2));
      for (const { partitionValues, columns } of files) {
        const text = texts[Number(columns[0]?.min)];
        expect(partitionValues).toEqual({ p: text, q: text });
      }
      expect(new Set(files.map(({ columns }) => columns[0]?.min)).size).toBe(texts.length);
    }
  });
  test("come into a folder that goes while one is brought there", async () => {
    const folder = join(root, "removed");
    const gone = join(folder, "p=1");
    let moves = 0;
    const locate = async (path: string) => {
      if (path.startsWith("p=1/") && moves++ > 0) await mkdir(gone);
      return { url: join(folder, path) };
    };
    await engine.writeParquet(values({ k: "string" }, [["1"]]).node, { newPath: () => "p=1/0.parquet", locate });
    expect(await readdir(gone)).toEqual(["0.parquet"]);
    expect(moves).toBe(2);
  });
  test("nothing else is left behind, also when the query fails", async () => {
    const folder = join(root, "clean");
    const locate = async (path: string) => ({ url: join(folder, path) });
    const data = values({ p: "string", k: "string" }, [
      ["a", "1"],
      ["b", "x"],
    ]);
    const wrong = data.extend((t) => ({ k: t.k.cast("long") }));
    await expect(
      engine.writeParquet(wrong.node, { partitionBy: ["p"], newPath: (_, i) => `${i}.parquet`, locate }),
    ).rejects.toThrow("x");
    expect(existsSync(folder) ? await readdir(folder) : []).toEqual([]);
    await expect(engine.writeParquet(wrong.node, { newPath: (_, i) => `${i}.parquet`, locate })).rejects.toThrow("x");
    expect(existsSync(folder) ? await readdir(folder) : []).toEqual([]);
    await engine.writeParquet(data.node, { partitionBy: ["p"], newPath: (_, i) => `${i}.parquet`, locate });
    expect(await readdir(folder)).toEqual(["0.parquet", "1.parquet"]);
  });
});

test("a disk that is full, in the middle of the rows or of what comes after them, is told with what to do", async ({
  skip,
}) => {
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`);
  const columns = Object.fromEntries(names.map((name) => [name, "string" as const]));
  const { node } = values(
    columns,
    names.map((_, row) => names.map((name) => `${row}-${name}`)),
  );
  for (const left of [400_000, 100_000]) {
    const folder = await mkdtemp(join(tmpdir(), "engine-full-"));
    if (!mounted(folder, "1m")) return skip("no file system can be mounted here");
    try {
      await writeFile(join(folder, "ballast"), Buffer.alloc(2 ** 20 - left));
      const writing = engine.writeParquet(node, { newPath: () => "0.parquet", locate: locateIn(folder) });
      const error = await writing.catch((caught: unknown) => caught);
      expect(error, `${left} bytes left`).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/the disk is full$/),
        remedy: expect.stringMatching(/^Free space/),
      });
    } finally {
      execFileSync("umount", [folder]);
      await rm(folder, { recursive: true });
    }
  }
});

test("bounds hold for random values", async () => {
  const cell = fc.tuple(
    fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    fc.option(fc.string({ unit: "grapheme", maxLength: 5 })),
    fc.option(
      fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map(
        (n) =>
          `${n < 0n ? "-" : ""}${String(n < 0n ? -n : n)
            .padStart(3, "0")
            .replace(/(..)$/, ".$1")}`,
      ),
    ),
    fc.option(fc.double({ noNaN: true }).map((x) => (Object.is(x, -0) ? "-0" : String(x).replace("e+", "e")))),
  );
  const types = { l: "long", t: "string", n: "decimal(18,2)", d: "double" } as const;
  await fc.assert(
    fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 20 }), async (rows) => {
      const data = values(types, rows);
      const [file] = await engine.writeParquet(data.node, {
        newPath: () => "random.parquet",
        locate: locateIn(root),
      });
      const relation = scan<{ l: "long"; t: "string"; n: "decimal"; d: "double" }>(
        data.node.op === "scan" ? data.node.source : { kind: "values", rows: [] },
        data.fields,
      );
      const collected = await engine.collect(relation.node);
      for (const { path, min, max, nullCount } of file?.columns ?? []) {
        const name = path[0] ?? "";
        const present = collected.map((row) => row[name] ?? null).filter((value) => value !== null);
        expect(nullCount).toBe(rows.length - present.length);
        const ordered = present.map((value) => comparable(name, value)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const found = [min, max].map((bound) => (bound === undefined ? undefined : comparable(name, bound)));
        expect(found).toEqual([ordered[0], ordered.at(-1)]);
      }
    }),
    { numRuns: 40 },
  );
});

/** In a form whose order is that of the column: text by UTF-8 bytes, decimals by value, -0 as 0. */
function comparable(column: string, value: Value): string | bigint | number {
  if (column === "t") return Buffer.from(String(value)).toString("hex");
  if (column === "n") return BigInt(String(value).replace(".", ""));
  return typeof value === "bigint" ? value : Number(value) + 0;
}
