import { describe, expect, expectTypeOf, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, decimal, integer, long, text, timestamp } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable, type RowOf } from "../../lib/contract/define_table.js";
import { quarantine } from "../../lib/contract/expectation.js";
import { describeError } from "../../lib/errors.js";
import { bronze, gold, silver } from "../../lib/tables/index.js";

const plain = { description: "A table", grain: "one row" };
const id = long().notNull();

describe("a contract that contradicts itself is refused where it is written", () => {
  const refused = (define: () => unknown): string => {
    try {
      define();
    } catch (error) {
      return describeError(error);
    }
    throw new Error("was not refused");
  };

  test.each([
    ["no layer", () => defineTable("vendas", { ...plain, columns: { id } }), "not a table name: vendas"],
    ["capitals", () => defineTable("gold.Vendas", { ...plain, columns: { id } }), "not a table name: gold.Vendas"],
    ["no columns", () => defineTable("gold.x", { ...plain, columns: {} }), "a table needs columns"],
    ["accents in a name", () => defineTable("gold.x", { ...plain, columns: { código: id } }), "actual:   código"],
    [
      "unknown key",
      () => defineTable("gold.x", { ...plain, columns: { id }, key: ["di"] as never }),
      "key names a column that the table lacks",
    ],
    [
      "unknown partition",
      () => defineTable("gold.x", { ...plain, columns: { id }, partitionBy: ["ano"] as never }),
      "partitionBy names a column",
    ],
    [
      "merge without key",
      () => defineTable("gold.x", { ...plain, columns: { id }, write: "merge" }),
      "write mode merge needs a key",
    ],
    [
      "nullable key",
      () => defineTable("gold.x", { ...plain, columns: { id: long() }, key: ["id"] }),
      "a key column cannot be null",
    ],
    [
      "files for silver",
      () => defineTable("silver.x", { ...plain, columns: { id }, landing: { source: "x", files: ["*.csv"] } }),
      "only bronze tables take files",
    ],
    ["itself", () => defineTable("gold.x", { ...plain, columns: { id }, reads: ["gold.x"] }), "gold.x reads itself"],
    [
      "upwards",
      () => defineTable("silver.x", { ...plain, columns: { id }, reads: ["gold.y"] }),
      "silver.x reads upwards, from gold.y",
    ],
    [
      "a rule over a computed column",
      () =>
        defineTable("silver.x", {
          ...plain,
          columns: { id, ano: integer().computed() },
          expect: (t) => ({ ano_positivo: quarantine(t.ano.gt(0)) }),
        }),
      "expectation ano_positivo uses a computed column",
    ],
  ])("%s", (_, define, message) => {
    expect(refused(define)).toContain(message);
  });

  test("a read of a table that is not there yet: two contracts import each other", () => {
    const reads = ["silver.a", undefined as never];
    expect(refused(() => defineTable("gold.x", { ...plain, columns: { id }, reads }))).toBe(`\
gold.x: a table of reads is undefined
  at table gold.x
  expected: tables whose contracts are loaded before this one
  actual:   reads: [silver.a, undefined]
  to do:    look at the imports: a contract reads itself, two contracts import each other, or a name is not what its file exports`);
  });

  test.each([
    ["write", "append, merge, overwrite"],
    ["drift", "rescue, evolve, fail"],
    ["unparsable", "quarantine, drop, fail"],
  ])("a misspelt mode of %s", (part, expected) => {
    expect(refused(() => defineTable("bronze.x", { ...plain, columns: { id }, [part]: "upsert" }))).toBe(`\
bronze.x: ${part} has no mode of this name
  at table bronze.x
  expected: ${expected}
  actual:   upsert`);
  });

  test.each([
    [decimal(39, 2), "there is no such type", "precision from 1 to 38, scale from 0 to the precision", "decimal(39,2)"],
    [decimal(2, 5), "there is no such type", "precision from 1 to 38, scale from 0 to the precision", "decimal(2,5)"],
    [
      decimal(1.5, 0),
      "there is no such type",
      "precision from 1 to 38, scale from 0 to the precision",
      "decimal(1.5,0)",
    ],
    [decimal(9, 2, { locale: "pt" as never }), "there is no such locale", "plain, pt-BR", "pt"],
    [date({ format: "%d/%m/%y" }), "no such field in a format of dates and times", "%Y %m %d", "%d/%m/%y"],
    [date({ format: ["%Y-%m-%d", "%Y %H"] }), "no such field in a format of dates and times", "%Y %m %d", "%Y %H"],
    [timestamp({ format: "%Y-%j" }), "no such field in a format", "%Y %m %d %H %M %S %f", "%Y-%j"],
    [timestamp({ format: [] }), "it has no format", "at least one of a timestamp", "none"],
    [decimal(5, 2).whenEmpty("nada"), "not a constant of type decimal(5,2)", "a plain decimal number", "nada"],
  ])("column %#", (column, message, expected, actual) => {
    const text = refused(() => defineTable("silver.x", { ...plain, columns: { id, c: column } }));
    expect(text).toContain(`silver.x: column c: ${message}`);
    expect(text).toContain(`
  at table silver.x, column c
  expected: ${expected}
  actual:   ${actual}`);
  });

  test("reads in a circle, whose path is shown", () => {
    const a = defineTable("gold.a", { ...plain, columns: { id }, reads: ["gold.b"] });
    const b = defineTable("gold.b", { ...plain, columns: { id }, reads: ["gold.c"] });
    const c = defineTable("gold.c", { ...plain, columns: { id }, reads: ["gold.a"] });
    expect(refused(() => new Catalog([a, b, c]))).toContain("gold.a → gold.b → gold.c → gold.a");
  });

  test("a read of a table that nobody defines, and two of one name", () => {
    const a = defineTable("gold.a", { ...plain, columns: { id }, reads: ["silver.z"] });
    expect(refused(() => new Catalog([a]))).toContain("gold.a reads an unknown table");
    const b = defineTable("gold.b", { ...plain, columns: { id } });
    expect(refused(() => new Catalog([b, b]))).toContain("two tables are named gold.b");
  });

  test("two tables that take files from one folder", () => {
    const feed = (name: string, source: string): AnyTable =>
      defineTable(`bronze.${name}`, { ...plain, columns: { id }, landing: { source, files: [`${name}*.csv`] } });
    expect(refused(() => new Catalog([feed("orders", "shop"), feed("items", "shop")]))).toMatch(
      /bronze\.orders and bronze\.items take files from one folder\n.*\n.*\n.*source: "shop"/,
    );
    expect(() => new Catalog([feed("orders", "shop"), feed("items", "stock")])).not.toThrow();
  });
});

describe("what follows from a contract", () => {
  test("the order in which tables are built, whatever the order in which they are given", () => {
    const tables = [
      gold.vendas,
      silver.vendas,
      gold.gvm,
      ...Object.values(bronze),
      silver.purchase_extra_info,
      silver.purchase,
      silver.product_item,
    ];
    const names = new Catalog(tables).tables.map((table) => table.name);
    for (const table of tables)
      for (const read of table.reads) expect(names.indexOf(read)).toBeLessThan(names.indexOf(table.name));
    expect(new Catalog([...tables].reverse()).tables.map((table) => table.name)).toEqual(names);
  });

  test("what a table is built from, and what is built from it", () => {
    const catalog = new Catalog([bronze.vendas, silver.vendas, gold.vendas]);
    expect([...catalog.upstream("gold.vendas")].sort()).toEqual(["bronze.vendas", "silver.vendas"]);
    expect([...catalog.downstream("bronze.vendas")].sort()).toEqual(["gold.vendas", "silver.vendas"]);
    expect(catalog.downstream("gold.vendas").size).toBe(0);
  });

  test("the Delta schema, with descriptions and source headers", () => {
    const [first] = bronze.vendas.schema.fields;
    expect(first).toEqual({
      name: "timestamp_do_registro",
      type: "string",
      nullable: true,
      metadata: {
        comment: "When the channel registered the sale, wall-clock time",
        "tslake.from": "Timestamp do Registro",
      },
    });
  });

  test("the type of a row", () => {
    const table = defineTable("gold.x", {
      ...plain,
      columns: { id, nome: text(), valor: decimal(18, 2).notNull(), quando: timestamp() },
    });
    expectTypeOf<RowOf<typeof table>>().toEqualTypeOf<{
      readonly id: bigint;
      readonly nome: string | null;
      readonly valor: string;
      readonly quando: string | null;
    }>();
    expect(table.columnNames).toEqual(["id", "nome", "valor", "quando"]);
  });
});
