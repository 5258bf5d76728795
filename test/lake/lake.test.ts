import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { decimal, instant, integer, long, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { quarantine, warn } from "../../lib/contract/expectation.js";
import { StorageError } from "../../lib/errors.js";
import { arrivals } from "../../lib/lake/arrivals.js";
import { SOURCES_DOMAIN } from "../../lib/lake/consumed.js";
import { Lake } from "../../lib/lake/lake.js";
import { newRows } from "../../lib/lake/new_rows.js";
import { scan } from "../../lib/relation/relation.js";
import { lit } from "../../lib/relation/when.js";
import { listen, type StepMetrics } from "../../lib/run.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

const itens = defineTable("silver.itens", {
  description: "Items",
  grain: "one item",
  write: "merge",
  key: ["id"],
  partitionBy: ["ano"],
  columns: { id: long().notNull(), nome: text(), valor: decimal(18, 2), ano: integer().notNull() },
});
const eventos = defineTable("silver.eventos", {
  description: "Events",
  grain: "one event",
  write: "append",
  columns: { id: long().notNull(), nome: text() },
});
function resumoBy(write: "append" | "overwrite" | "merge") {
  return defineTable("gold.resumo", {
    description: "All items",
    grain: "one item",
    reads: [itens],
    write,
    key: ["id"],
    columns: { id: long().notNull(), nome: text() },
  });
}
const resumo = resumoBy("merge");

function landedItens() {
  return defineTable("bronze.itens", {
    description: "Items as they came",
    grain: "one line",
    write: "append",
    columns: { id: long().notNull(), _ingested_at: instant().notNull() },
  });
}
function fromLanding(write: "append" | "merge") {
  return defineTable("silver.itens", {
    description: "Items",
    grain: "one item",
    reads: [landedItens()],
    write,
    key: ["id"],
    columns: { id: long().notNull() },
  });
}

let lake: Lake;
beforeEach(() => {
  lake = new Lake({
    storage: new MemoryStorage(),
    catalog: new Catalog([itens, eventos, resumo]),
    timeZone: "America/Sao_Paulo",
  });
});

afterEach(() => vi.unstubAllEnvs());

function rows(...values: (readonly [string, string | null, string | null, string])[]) {
  return scan<{ id: "long"; nome: "string"; valor: "decimal"; ano: "integer" }>(
    { kind: "values", rows: values },
    itens.schema.fields,
    lake,
  );
}

async function land(table: ReturnType<typeof landedItens>, ids: readonly string[], at: string): Promise<void> {
  const values = ids.map((id) => [id, at]);
  await lake.write(table, scan({ kind: "values", rows: values }, table.schema.fields, lake));
}

/** As if somebody had deleted a table's folder. */
async function demolish(name: string): Promise<void> {
  const storage = lake.tableStorage(name);
  for (const { path } of await storage.list("")) await storage.delete(path);
}

describe("a table with a key", () => {
  test("takes new rows and replaces old ones of the same key", async () => {
    await lake.write(itens, rows(["1", "São", "1.50", "2014"], ["2", null, null, "2015"]));
    const second = await lake.write(
      itens,
      rows(["2", "dois", "2.00", "2015"], ["9007199254740993", "grande", "-0.01", "2015"]),
    );
    expect(second.metrics).toMatchObject({ written: 2, inserted: 1, updated: 1 });
    const found = await lake
      .read(itens)
      .orderBy((t) => [t.id])
      .collect();
    expect(found).toEqual([
      { id: 1n, nome: "São", valor: "1.50", ano: 2014 },
      { id: 2n, nome: "dois", valor: "2.00", ano: 2015 },
      { id: 9007199254740993n, nome: "grande", valor: "-0.01", ano: 2015 },
    ]);
  });

  test("rewrites only the files that hold a key of the source", async () => {
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    await lake.write(itens, rows(["10", "b", null, "2015"]));
    const before = await (await lake.snapshot("silver.itens"))?.files();
    await lake.write(itens, rows(["10", "c", null, "2015"]));
    const after = await (await lake.snapshot("silver.itens"))?.files();
    expect(after?.map((file) => file.path)).toContain(before?.[0]?.path);
    expect(after?.map((file) => file.path)).not.toContain(before?.[1]?.path);
  });

  test("refuses two rows of one key and shows it", async () => {
    const write = lake.write(itens, rows(["7", "a", null, "2014"], ["7", "b", null, "2014"]));
    await expect(write).rejects.toThrow(expect.objectContaining({ actual: "2 rows with id = 7" }));
    expect(await lake.snapshot("silver.itens")).toBeUndefined();
  });

  test("loses the rows of given keys, and past versions keep them", async () => {
    await lake.write(itens, rows(["1", "a", null, "2014"], ["2", "b", null, "2014"]));
    const gone = await lake.delete(itens, rows(["2", null, null, "2014"]).select(["id"]) as never);
    expect(gone.metrics["deleted"]).toBe(1);
    expect(await lake.read(itens).count()).toBe(1);
    expect(await lake.read(itens, { version: 0 }).count()).toBe(2);
  });
});

/** The files of a table, to be put back later as from a backup. */
async function backUp(name: string): Promise<() => Promise<void>> {
  const storage = lake.tableStorage(name);
  const files = await Promise.all(
    (await storage.list("")).map(async ({ path }) => [path, await storage.read(path)] as const),
  );
  return async () => {
    await demolish(name);
    for (const [path, bytes] of files) if (bytes) await storage.put(path, bytes);
  };
}

describe("what may be written", () => {
  test("no null in a column that is not nullable; nothing is committed", async () => {
    const holed = rows(["1", null, null, "2014"]).extend((t) => ({ id: t.id.nullIf(1) }));
    await expect(lake.write(itens, holed)).rejects.toThrow(
      expect.objectContaining({ actual: "1 rows", where: { table: "silver.itens", column: "id" } }),
    );
    expect(await lake.snapshot("silver.itens")).toBeUndefined();
  });

  test("no other columns and no other types, before anything runs", async () => {
    await expect(lake.write(itens, rows().drop("nome"))).rejects.toThrow(
      expect.objectContaining({ actual: "missing nome" }),
    );
    const wrong = rows().extend(() => ({ ano: lit("2014") }));
    await expect(lake.write(itens, wrong)).rejects.toThrow(
      expect.objectContaining({ expected: "integer", actual: "string" }),
    );
  });

  test("no rows of a table that the contract does not declare", async () => {
    await lake.write(eventos, rows(["1", "a", null, "1"]).select(["id", "nome"]));
    const undeclared = lake.write(resumo, lake.read(eventos));
    await expect(undeclared).rejects.toThrow("gold.resumo reads silver.eventos without declaring it");
    const held = await lake.materialize(lake.read(eventos));
    await expect(lake.write(resumo, held)).rejects.toThrow("gold.resumo reads silver.eventos without declaring it");
  });
});

describe("expectations about rows that nobody has examined", () => {
  const ruled = defineTable("silver.itens", {
    description: "Items",
    grain: "one item",
    write: "append",
    columns: { id: long().notNull(), nome: text() },
    expect: (t) => ({ nomeado: warn(t.nome.isNotNull()), positivo: quarantine(t.id.gt(0n)) }),
  });
  const written = (...values: (string | null)[][]) =>
    lake.write(ruled, scan({ kind: "values", rows: values }, ruled.schema.fields, lake));

  test("are counted where they only warn", async () => {
    const { metrics } = await written(["1", "a"], ["2", null], ["3", null]);
    expect(metrics).toMatchObject({ written: 3, "broken.nomeado": 2 });
    expect(metrics).not.toHaveProperty("broken.positivo");
    const [commit] = await lake.history(ruled.name);
    expect(commit?.operationMetrics).toMatchObject({ "broken.nomeado": "2" });
  });

  test("that only warn are reported by the step of the table, each row once", async () => {
    const strict = defineTable("silver.itens", {
      ...{ description: "Items", grain: "one item", write: "append", columns: { id: long().notNull(), nome: text() } },
      expect: (t) => ({ nomeado: warn(t.nome.isNotNull()), curto: warn(t.nome.eq("a")), positivo: warn(t.id.gt(0n)) }),
    });
    const reported: StepMetrics[] = [];
    listen((metrics) => reported.push(metrics));
    Object.assign(process.env, { TSLAKE_RUN_ID: "r", TSLAKE_STEP: strict.name });
    try {
      const values = [
        ["1", "a"],
        ["2", null],
        ["-3", null],
      ];
      const { metrics } = await lake.write(strict, scan({ kind: "values", rows: values }, strict.schema.fields, lake));
      expect(metrics).toMatchObject({ warned: 2, "broken.nomeado": 2, "broken.curto": 2, "broken.positivo": 1 });
      expect(reported).toContainEqual({ warned: 2 });
    } finally {
      for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP"]) delete process.env[name];
      listen(() => undefined);
    }
  });

  test("are counted rule by rule, and together only where several rules warned", async () => {
    const two = defineTable("silver.itens", {
      ...{ description: "Items", grain: "one item", write: "append", columns: { id: long().notNull(), nome: text() } },
      expect: (t) => ({ nomeado: warn(t.nome.isNotNull()), positivo: warn(t.id.gt(0n)) }),
    });
    const count = vi.spyOn(lake.engine, "count");
    for (const [values, counts, broken] of [
      [["1", "a"], 2, {}],
      [["1", null], 2, { warned: 1, "broken.nomeado": 1 }],
      [["-1", null], 3, { warned: 1, "broken.nomeado": 1, "broken.positivo": 1 }],
    ] as const) {
      count.mockClear();
      await lake.write(two, scan({ kind: "values", rows: [values] }, two.schema.fields, lake));
      expect(count).toHaveBeenCalledTimes(counts);
      const [commit] = await lake.history(two.name, { limit: 1 });
      const told = Object.entries(commit?.operationMetrics ?? {}).filter(([name]) => /^(warned|broken)/.test(name));
      expect(Object.fromEntries(told.map(([name, value]) => [name, Number(value)]))).toEqual(broken);
    }
  });

  test("are looked at in rows that are held until they are written, or refused", async () => {
    const [materialize, release] = [vi.spyOn(lake.engine, "materialize"), vi.spyOn(lake.engine, "release")];
    await written(["1", "a"]);
    await expect(written(["-2", "b"])).rejects.toThrow("rows break positivo");
    const held = await Promise.all(materialize.mock.results.map(({ value }) => value));
    expect(held).toHaveLength(2);
    expect(release.mock.calls.flat()).toEqual(held);
  });

  test("stop the write where there is nowhere else for a row to go", async () => {
    await expect(written(["1", "a"], ["-2", "b"])).rejects.toThrow(
      expect.objectContaining({
        message: "silver.itens: rows break positivo, nothing is written",
        actual: "1 row breaks it, for instance\nid = -2, nome = b",
      }),
    );
    expect(await lake.snapshot(ruled.name)).toBeUndefined();
  });
});

describe("tables that follow others", () => {
  test("record what they have read, and get only what is new", async () => {
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    const first = await newRows(lake, resumo, itens);
    expect([first.rebuild, await first.rows.count()]).toEqual([false, 1]);
    await lake.write(resumo, first.rows.select(["id", "nome"]));
    const notes = await (await lake.snapshot("gold.resumo"))?.domainMetadata(SOURCES_DOMAIN);
    expect(JSON.parse(notes ?? "{}")).toMatchObject({ "silver.itens": { version: 0 } });
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    const second = await newRows(lake, resumo, itens);
    expect([second.rebuild, await second.rows.collect()]).toEqual([
      false,
      [{ id: 2n, nome: "b", valor: null, ano: 2014 }],
    ]);
  });

  test("are made anew when a row they have read is gone or changed", async () => {
    await lake.write(itens, rows(["1", "a", null, "2014"], ["2", "b", null, "2014"]));
    await lake.write(resumo, lake.read(itens).select(["id", "nome"]));
    await lake.write(itens, rows(["2", "c", null, "2014"]));
    const next = await newRows(lake, resumo, itens);
    expect([next.rebuild, await next.rows.count()]).toEqual([true, 2]);
  });

  test("are made anew when what they have read is another table now, whatever its version", async () => {
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    await lake.write(resumo, lake.read(itens).select(["id", "nome"]));
    await demolish(itens.name);
    await lake.write(itens, rows(["2", "b", null, "2014"], ["3", "c", null, "2014"]));
    const next = await newRows(lake, resumo, itens);
    expect([next.rebuild, await next.rows.count()]).toEqual([true, 2]);
    await lake.write(resumo, next.rows.select(["id", "nome"]), next);
    const after = await newRows(lake, resumo, itens);
    expect([after.rebuild, await after.rows.count(), await lake.read(resumo).count()]).toEqual([false, 0, 2]);
    await lake.write(itens, rows(["4", "d", null, "2014"]));
    const last = await newRows(lake, resumo, itens);
    expect([last.rebuild, await last.rows.count()]).toEqual([false, 1]);
  });

  test.each([
    ["", 0],
    [", also when it has grown to the version that was read", 1],
    [", also when it has grown beyond the version that was read", 2],
  ])("are made anew when what they have read went back to an older version%s", async (_, commits) => {
    vi.stubEnv("TSLAKE_NOW", "2024-01-01T00:00:00Z");
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    const restore = await backUp(itens.name);
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    await lake.write(resumo, lake.read(itens).select(["id", "nome"]));
    await restore();
    for (let n = 0; n < commits; n++) await lake.write(itens, rows([String(n + 3), "c", null, "2014"]));
    const next = await newRows(lake, resumo, itens);
    expect([next.rebuild, await next.rows.count()]).toEqual([true, 1 + commits]);
    await lake.write(resumo, next.rows.select(["id", "nome"]), next);
    expect(await lake.read(resumo).count()).toBe(1 + commits);
    const after = await newRows(lake, resumo, itens);
    expect([after.rebuild, await after.rows.count()]).toEqual([false, 0]);
    await lake.write(itens, rows(["9", "d", null, "2014"]));
    const last = await newRows(lake, resumo, itens);
    expect([last.rebuild, await last.rows.count()]).toEqual([false, 1]);
  });

  test("are made anew when what has arrived for them is in another table now, or in one that went back", async () => {
    const [landed, target] = [landedItens(), fromLanding("merge")];
    const take = async () => {
      const taken = await arrivals(lake, target, landed);
      const counts = [taken.rebuild, await taken.rows.count(), await taken.earlier.count()];
      await lake.write(target, taken.rows.select(["id"]), taken);
      return counts;
    };
    await land(landed, ["1"], "2023-01-01T00:00:00Z");
    expect(await take()).toEqual([false, 1, 0]);
    const restore = await backUp(landed.name);
    await land(landed, ["2"], "2023-01-02T00:00:00Z");
    expect(await take()).toEqual([false, 1, 1]);
    await restore();
    expect(await take()).toEqual([true, 1, 0]);
    expect(await take()).toEqual([false, 0, 1]);
    await demolish(landed.name);
    await land(landed, ["1"], "2023-01-03T00:00:00Z");
    expect(await take()).toEqual([true, 1, 0]);
    expect(await lake.read(target).collect()).toEqual([{ id: 1n }]);
  });

  test("that are replaced by every write get all rows", async () => {
    const replaced = resumoBy("overwrite");
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    await lake.write(replaced, lake.read(itens).select(["id", "nome"]));
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    const next = await newRows(lake, replaced, itens);
    expect([next.rebuild, await next.rows.count()]).toEqual([true, 2]);
  });

  test("that are append-only get no row twice: what cannot be told apart is refused", async () => {
    const appended = resumoBy("append");
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    const first = await newRows(lake, appended, itens);
    await lake.write(appended, first.rows.select(["id", "nome"]));
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    const second = await newRows(lake, appended, itens);
    expect([second.rebuild, await second.rows.count()]).toEqual([false, 1]);
    await lake.write(itens, rows(["1", "c", null, "2014"]));
    await expect(newRows(lake, appended, itens)).rejects.toThrow("nobody can tell which rows of silver.itens are new");
    await demolish(itens.name);
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    await expect(newRows(lake, appended, itens)).rejects.toThrow("nobody can tell which rows of silver.itens are new");
  });

  test("that are append-only are refused what they have read of a source that went back", async () => {
    const appended = resumoBy("append");
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    const restore = await backUp(itens.name);
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    await lake.write(appended, lake.read(itens).select(["id", "nome"]));
    await restore();
    await expect(newRows(lake, appended, itens)).rejects.toThrow("nobody can tell which rows of silver.itens are new");
  });

  test("that are append-only know what they have read also by the notes of older logs", async () => {
    const appended = resumoBy("append");
    await lake.write(itens, rows(["1", "a", null, "2014"]));
    await lake.write(itens, rows(["2", "b", null, "2014"]));
    const id = (await lake.snapshot(itens.name))?.metadata.id ?? "";
    await lake.write(appended, rows(["1", "a", null, "2014"]).select(["id", "nome"]), {
      domains: { [SOURCES_DOMAIN]: { [itens.name]: id } },
      txns: { [`source:${itens.name}`]: 7, [`source:${itens.name}@${id}`]: 0 },
    });
    const next = await newRows(lake, appended, itens);
    expect((await next.rows.collect()).map((row) => row["id"])).toEqual([2n]);
    await lake.write(appended, next.rows.select(["id", "nome"]), next);
    expect(await (await newRows(lake, appended, itens)).rows.count()).toBe(0);
  });

  test("that are append-only are refused another table than that which older logs note", async () => {
    const appended = resumoBy("append");
    await lake.write(appended, rows(["1", "a", null, "2014"]).select(["id", "nome"]), {
      domains: { [SOURCES_DOMAIN]: { [itens.name]: "another" } },
      txns: { [`source:${itens.name}`]: 0 },
    });
    for (const row of ["2", "3"]) await lake.write(itens, rows([row, "b", null, "2014"]));
    await expect(newRows(lake, appended, itens)).rejects.toThrow("nobody can tell which rows of silver.itens are new");
  });

  test("that are append-only are refused what has arrived for them in another table", async () => {
    const [landed, target] = [landedItens(), fromLanding("append")];
    await land(landed, ["1"], "2023-01-01T00:00:00Z");
    const first = await arrivals(lake, target, landed);
    await lake.write(target, first.rows.select(["id"]), first);
    await demolish(landed.name);
    await land(landed, ["1"], "2023-01-02T00:00:00Z");
    await expect(arrivals(lake, target, landed)).rejects.toThrow("nobody can tell which rows of bronze.itens are new");
  });

  test("append-only tables never lose a file", async () => {
    await lake.write(eventos, rows(["1", "a", null, "1"]).select(["id", "nome"]));
    await expect(lake.delete(eventos, lake.read(eventos) as never)).rejects.toThrow();
    expect(await lake.read(eventos).count()).toBe(1);
  });

  test("a read that has failed once sees the table when it is evaluated again", async () => {
    await lake.write(eventos, rows(["1", "a", null, "1"]).select(["id", "nome"]));
    const read = lake.read(eventos);
    const busy = vi.spyOn(lake, "snapshot").mockRejectedValueOnce(new StorageError("busy", { transient: true }));
    await expect(read.count()).rejects.toThrow("busy");
    expect(await read.count()).toBe(1);
    busy.mockRestore();
  });

  test("a read sees one version however often it is evaluated", async () => {
    await lake.write(eventos, rows(["1", "a", null, "1"]).select(["id", "nome"]));
    const read = lake.read(eventos);
    expect(await read.count()).toBe(1);
    await lake.write(eventos, rows(["2", "b", null, "1"]).select(["id", "nome"]));
    expect([await read.count(), await lake.read(eventos).count()]).toEqual([1, 2]);
  });
});

describe("a contract that changes", () => {
  const version = (columns: Parameters<typeof defineTable>[1]["columns"]) =>
    defineTable("silver.eventos", { description: "Events", grain: "one event", write: "append", columns });
  const write = (table: ReturnType<typeof version>, ...values: (string | null)[][]) =>
    lake.write(table, scan({ kind: "values", rows: values }, table.schema.fields, lake));

  test("adds columns, widens types and lets null in, also in an append-only table", async () => {
    await write(version({ id: integer().notNull(), valor: decimal(9, 2).notNull() }), ["1", "1.50"]);
    const wide = version({ id: long().notNull(), nome: text(), valor: decimal(18, 3) });
    await write(wide, ["9007199254740993", "São", null]);
    const found = await lake.read(wide).collect();
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ id: 1n, nome: null, valor: "1.500" });
    expect(found).toContainEqual({ id: 9007199254740993n, nome: "São", valor: null });
    const files = await (await lake.snapshot("silver.eventos"))?.files();
    expect(files).toHaveLength(2);
    expect(await lake.read(wide, { version: 0 }).count()).toBe(1);
  });

  test.each([
    ["narrower", { id: integer().notNull(), nome: text() }, "integer not null", "long not null"],
    ["another type", { id: text().notNull(), nome: text() }, "string not null", "long not null"],
    ["not null", { id: long().notNull(), nome: text().notNull() }, "string not null", "string"],
    ["a dropped column", { id: long().notNull() }, "no such column in the contract", "string"],
    [
      "a new column that must not be null",
      { id: long().notNull(), nome: text(), ano: integer().notNull() },
      "integer not null in the contract",
      "no such column in the table",
    ],
  ])("and is refused before anything is written: %s", async (_, columns, expected, actual) => {
    await lake.write(eventos, rows(["1", "a", null, "1"]).select(["id", "nome"]));
    const changed = version(columns);
    await expect(write(changed)).rejects.toThrow(expect.objectContaining({ expected, actual }));
    expect((await lake.snapshot("silver.eventos"))?.version).toBe(0);
  });
});
