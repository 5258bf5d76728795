import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { decimal, long, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { describeError, TslakeError } from "../../lib/errors.js";
import { Lake } from "../../lib/lake/lake.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import { S3Storage } from "../../lib/storage/s3.js";
import { describeWith } from "../support/partners.js";
import { type S3Server, startS3Server } from "../support/s3_server.js";

const itens = defineTable("silver.itens", {
  description: "Items",
  grain: "one item",
  write: "merge",
  key: ["id"],
  partitionBy: ["canal"],
  columns: { id: long().notNull(), nome: text(), valor: decimal(18, 2), canal: text() },
});
const wider = defineTable("silver.itens", {
  description: "Items",
  grain: "one item",
  write: "merge",
  key: ["id"],
  partitionBy: ["canal"],
  columns: { id: long().notNull(), nome: text(), valor: decimal(18, 2), canal: text(), novo: text() },
});
const linhas = defineTable("bronze.linhas", {
  description: "Lines",
  grain: "one line",
  write: "append",
  columns: { id: long().notNull(), texto: text() },
});

describeWith("s3", "a lake on S3", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    server.bucket("lake");
  });
  afterAll(() => server.stop());

  const open = (table: typeof itens | typeof wider | typeof linhas, storage: S3Storage): Lake =>
    new Lake({ storage, catalog: new Catalog([table]), timeZone: "UTC" });

  test("takes, merges, evolves and reads tables with partitions of any name", async () => {
    const storage = new S3Storage("s3://lake/a b/c%20d", server.options);
    const lake = open(itens, storage);
    const rows = (...values: (readonly [string, string | null, string | null, string | null])[]) =>
      scan({ kind: "values", rows: values }, itens.schema.fields, lake) as never;
    const channels = ["a:b/ç %", "plain", null, "x=y&z+?#"];
    await lake.write(
      itens,
      rows(...channels.map((canal, i): [string, string, string, string | null] => [String(i), "um", "1.50", canal])),
    );
    await lake.write(itens, rows(["1", "dois", "2.00", "plain"], ["9007199254740993", null, "-0.01", "a:b/ç %"]));
    const evolved = open(wider, storage);
    const more = scan({ kind: "values", rows: [["7", "x", null, "plain", "novo"]] }, wider.schema.fields, evolved);
    await evolved.write(wider, more as never);
    const read = evolved.read(wider).orderBy((t) => [t.id]);
    expect(await read.collect()).toEqual([
      { id: 0n, nome: "um", valor: "1.50", canal: "a:b/ç %", novo: null },
      { id: 1n, nome: "dois", valor: "2.00", canal: "plain", novo: null },
      { id: 2n, nome: "um", valor: "1.50", canal: null, novo: null },
      { id: 3n, nome: "um", valor: "1.50", canal: "x=y&z+?#", novo: null },
      { id: 7n, nome: "x", valor: null, canal: "plain", novo: "novo" },
      { id: 9007199254740993n, nome: null, valor: "-0.01", canal: "a:b/ç %", novo: null },
    ]);
    expect(await lake.read(itens, { version: 0 }).count()).toBe(4);
    const table = await DeltaTable.open(storage.at("silver/itens"));
    const found = await table.read().collect();
    expect(found).toHaveLength(6);
    expect(inspect(table.read(), { depth: 20, showHidden: true })).not.toContain(server.credentials.secretAccessKey);
  });

  test("a file of several parts arrives whole", async () => {
    const lake = open(linhas, new S3Storage("s3://lake/large", server.options));
    const noise = (seed: number): string =>
      Array.from({ length: 40 }, (_, i) => Math.imul(seed * 40 + i, 0x9e3779b1).toString(36)).join("");
    const values = Array.from({ length: 120_000 }, (_, i) => [String(i), noise(i)]);
    const source = scan({ kind: "values", rows: values }, linhas.schema.fields, lake) as Relation;
    await lake.write(linhas, source as never);
    const [file] = (await (await lake.snapshot("bronze.linhas"))?.files()) ?? [];
    expect(file?.size).toBeGreaterThan(20 << 20);
    const found = await lake
      .read(linhas)
      .filter((t) => t.id.eq(119_999))
      .collect();
    expect(found).toEqual([{ id: 119_999n, texto: noise(119_999) }]);
    expect(await lake.read(linhas).count()).toBe(120_000);
  }, 60_000);

  test("a data file that is gone is named, without credentials", async () => {
    const storage = new S3Storage("s3://lake/secrets", server.options);
    const lake = open(linhas, storage);
    const source = scan({ kind: "values", rows: [["1", "a"]] }, linhas.schema.fields, lake);
    await lake.write(linhas, source as never);
    const read = lake.read(linhas);
    for (const file of (await (await lake.snapshot("bronze.linhas"))?.files()) ?? []) {
      await storage.delete(`bronze/linhas/${file.path}`);
    }
    const error = await read.collect().then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(TslakeError);
    expect(describeError(error)).toMatch(/part-.*\.parquet/);
    const shown = inspect(error, { depth: 20, showHidden: true }) + describeError(error);
    for (const secret of Object.values(server.credentials)) expect(shown).not.toContain(secret);
  });
});
