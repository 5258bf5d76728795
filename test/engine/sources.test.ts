import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scan } from "../../lib/relation/relation.js";
import { type DataType, field } from "../../lib/types.js";
import { engine, tables, values } from "./support.js";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "engine-sources-"));
});
afterAll(() => rm(root, { recursive: true }));

async function csv(name: string, content: string | Buffer): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
}

describe("CSV files", () => {
  const fields = [field("Nome"), field("Valor da Compra"), field("c"), field("_row", "long")].map((f) => ({
    ...f,
    type: f.name === "_row" ? f.type : ("string" as const),
  }));
  function field(name: string, type: DataType = "string") {
    return { name, type, nullable: true, metadata: {} };
  }
  async function rows(path: string, more: { skip?: readonly number[]; lines?: Int32Array } = {}) {
    return engine.collect({ op: "scan", source: { kind: "file", format: "csv", path, ...more }, fields });
  }
  test("every value is text; an empty field is null, quoted or not", async () => {
    const path = await csv("a.csv", '\uFEFFNome,"Valor da Compra",c\nana,01,\n"",2500.0,"x ""y"" z, ç"\n,"  ",true\n');
    expect(await rows(path)).toEqual([
      { Nome: "ana", "Valor da Compra": "01", c: null, _row: 2n },
      { Nome: null, "Valor da Compra": "2500.0", c: 'x "y" z, ç', _row: 3n },
      { Nome: null, "Valor da Compra": "  ", c: "true", _row: 4n },
    ]);
  });
  test("line ends of Windows, no line end at the end", async () => {
    const path = await csv("b.csv", "Nome,Valor da Compra,c\r\na,1,2\r\nb,3,4");
    expect(await rows(path)).toEqual([
      { Nome: "a", "Valor da Compra": "1", c: "2", _row: 2n },
      { Nome: "b", "Valor da Compra": "3", c: "4", _row: 3n },
    ]);
  });
  test("records that are not of the header's length are left out, lines are counted over quoted breaks", async () => {
    const path = await csv("c.csv", 'Nome,Valor da Compra,c\n"a\nb",1,2\nshort\nd,5,6\nlong,1,2,3\ne,7,8\n');
    expect(await rows(path, { skip: [1, 3], lines: Int32Array.of(2, 4, 5, 6, 7) })).toEqual([
      { Nome: "a\nb", "Valor da Compra": "1", c: "2", _row: 2n },
      { Nome: "d", "Valor da Compra": "5", c: "6", _row: 5n },
      { Nome: "e", "Valor da Compra": "7", c: "8", _row: 7n },
    ]);
  });
  test("a header alone has no rows", async () => {
    expect(await rows(await csv("d.csv", "Nome,Valor da Compra,c\n"))).toEqual([]);
  });
  test("only the columns asked for are read, and what is written is the same", async () => {
    const path = await csv("e.csv", "Nome,Valor da Compra,c\na,1,2\nb,3,4\n");
    const relation = scan<{ Nome: "string"; "Valor da Compra": "string"; c: "string"; _row: "long" }>(
      { kind: "file", format: "csv", path },
      fields,
    );
    expect(await engine.collect(relation.select(["c", "_row"]).node)).toEqual([
      { c: "2", _row: 2n },
      { c: "4", _row: 3n },
    ]);
    const [written] = await engine.writeParquet(relation.node, {
      newPath: () => "e.parquet",
      locate: async (to) => ({ url: join(root, to) }),
    });
    expect(written?.rows).toBe(2);
    expect(await engine.count(relation.filter((t) => t._row.gt(2n)).node)).toBe(1);
  });
});

describe("Parquet files from elsewhere", () => {
  test("every column becomes text, rows are counted from 1", async () => {
    const types = { n: "long", v: "decimal(9,2)", d: "date", t: "timestamp_ntz", b: "boolean", s: "string" } as const;
    const data = values(types, [
      ["9007199254740993", "-1.50", "2024-02-29", "2024-02-29 01:02:03.000004", true, "ç"],
      [null, null, null, null, null, null],
    ]);
    await engine.writeParquet(data.node, {
      newPath: () => "x.parquet",
      locate: async (to) => ({ url: join(root, to) }),
    });
    const fields = [...Object.keys(types).map((name) => field(name, "string")), field("_row", "long")];
    const node = {
      op: "scan",
      source: { kind: "file", format: "parquet", path: join(root, "x.parquet") },
      fields,
    } as const;
    expect(await engine.collect(node)).toEqual([
      {
        n: "9007199254740993",
        v: "-1.50",
        d: "2024-02-29",
        t: "2024-02-29 01:02:03.000004",
        b: "true",
        s: "ç",
        _row: 1n,
      },
      { n: null, v: null, d: null, t: null, b: null, s: null, _row: 2n },
    ]);
  });
});

describe("tables", () => {
  test("a table without files has no rows, but its columns", async () => {
    const fields = [field("k", "long"), field("p", "date")];
    tables.set("empty", { files: [], partitionColumns: ["p"], fields });
    const table = scan<{ k: "long"; p: "date" }>({ kind: "table", table: "empty" }, fields);
    expect(await engine.collect(table.node)).toEqual([]);
    expect(await engine.count(table.node)).toBe(0);
    expect(await engine.collect(table.groupBy().aggregate((t) => ({ n: t.k.sum() })).node)).toEqual([{ n: null }]);
  });
  test("partition columns are constants of their type; a column added later is null in older files", async () => {
    await engine.writeParquet(values({ k: "long" }, [["1"]]).node, {
      newPath: () => "old.parquet",
      locate: async (to) => ({ url: join(root, to) }),
    });
    await engine.writeParquet(values({ note: "string", k: "long" }, [["new", "2"]]).node, {
      newPath: () => "new.parquet",
      locate: async (to) => ({ url: join(root, to) }),
    });
    const types = {
      k: "long",
      note: "string",
      a: "integer",
      b: "date",
      c: "boolean",
      d: "decimal(5,2)",
      e: "timestamp_ntz",
      f: "timestamp",
      g: "string",
      h: "double",
    } as const;
    const fields = Object.entries<DataType>(types).map(([name, type]) => field(name, type));
    const partition = {
      a: "2014",
      b: "2024-02-29",
      c: "false",
      d: "1.50",
      e: "2024-02-29 01:02:03.5",
      f: "2024-02-29T01:02:03.000004Z",
      g: "a/b=c",
      h: "-0.5",
    };
    const none = { a: null, b: null, c: null, d: null, e: "", f: "", g: "", h: null };
    tables.set("parts", {
      files: [
        { open: async () => ({ location: { url: join(root, "old.parquet") } }), partitionValues: partition },
        { open: async () => ({ location: { url: join(root, "new.parquet") } }), partitionValues: none },
      ],
      partitionColumns: Object.keys(partition),
      fields,
    });
    const rows = await engine.collect({ op: "scan", source: { kind: "table", table: "parts" }, fields });
    expect(rows).toEqual([
      {
        k: 1n,
        note: null,
        a: 2014,
        b: "2024-02-29",
        c: false,
        d: "1.50",
        e: "2024-02-29 01:02:03.5",
        f: "2024-02-29 01:02:03.000004Z",
        g: "a/b=c",
        h: -0.5,
      },
      { k: 2n, note: "new", a: null, b: null, c: null, d: null, e: null, f: null, g: null, h: null },
    ]);
  });
  test("conditions and column choice reach the scan and the resolver", async () => {
    const seen: unknown[] = [];
    const { PolarsEngine } = await import("../../lib/engine/polars/engine.js");
    const fields = [field("k", "long"), field("note", "string")];
    const spy = new PolarsEngine({
      resolveTable: async (_, filter) => {
        seen.push(filter);
        return {
          files: [{ open: async () => ({ location: { url: join(root, "new.parquet") } }), partitionValues: {} }],
          partitionColumns: [],
          fields,
        };
      },
    });
    const table = scan<{ k: "long"; note: "string" }>({ kind: "table", table: "t" }, fields);
    const chosen = table
      .filter((t) => t.k.gt(0n))
      .select(["k", "note"])
      .filter((t) => t.note.eq("new"))
      .select(["k"]);
    const plan = await spy.explain(chosen.node);
    expect(plan).toContain("SELECTION");
    expect(plan).not.toContain("FILTER");
    expect(seen).toMatchObject([{ fn: "and" }]);
    expect(await spy.explain(table.select(["k"]).node)).toContain("PROJECT 1/2 COLUMNS");
    seen.length = 0;
    await spy.collect(table.extend((t) => ({ k: t.k.plus(1n) })).filter((t) => t.k.gt(0n)).node);
    expect(seen).toEqual([undefined]);
  });
  test("a thousand files are one scan", async () => {
    const fields = [field("k", "long"), field("note", "string")];
    const files = Array.from({ length: 1000 }, () => ({
      open: async () => ({ location: { url: join(root, "new.parquet") } }),
      partitionValues: {},
      rows: 1,
    }));
    tables.set("many", { files, partitionColumns: [], fields });
    const table = scan<{ k: "long"; note: "string" }>({ kind: "table", table: "many" }, fields);
    expect(await engine.collect(table.groupBy().aggregate((t) => ({ n: t.k.sum() })).node)).toEqual([{ n: 2000n }]);
    expect(await engine.count(table.node)).toBe(1000);
  });
});

describe("held results", () => {
  test("a materialised relation is evaluated once and gone after its release", async () => {
    const held = await engine.materialize(values({ k: "long" }, [["1"], ["2"]]).node);
    expect(await engine.count(held)).toBe(2);
    engine.release(held);
    await expect(engine.collect(held)).rejects.toThrow("no frame");
  });
  test("a DataFrame of nodejs-polars is a source", async () => {
    const frame = await engine.toPolars(values({ k: "long", v: "decimal(9,2)" }, [["9007199254740993", "1.50"]]).node);
    const id = engine.registerFrame(frame);
    const node = {
      op: "scan",
      source: { kind: "frame", id },
      fields: [field("k", "long"), field("v", "decimal(9,2)")],
    } as const;
    expect(await engine.collect(node)).toEqual([{ k: 9007199254740993n, v: "1.50" }]);
    expect(String(frame)).toContain("9007199254740993");
    engine.release(node);
  });
  test("what reads many rows goes through files, whatever its form", async () => {
    const some = await engine.materialize(
      values(
        { k: "long", s: "string" },
        Array.from({ length: 1000 }, (_, i) => [String(i), `text ${i % 7}`]),
      ).node,
    );
    const one = scan<{ k: "long"; s: "string" }>(some.source, some.fields);
    const many = one.union(...Array.from({ length: 1100 }, () => one));
    const distinct = many.distinct(["s"], (t) => [t.k.desc()]);
    expect(await engine.count(distinct.node)).toBe(7);
    expect((await engine.collect(distinct.orderBy((t) => [t.s]).node)).map((row) => row["k"])).toEqual([
      994n,
      995n,
      996n,
      997n,
      998n,
      999n,
      993n,
    ]);
    const held = await engine.materialize(many.filter((t) => t.k.lt(2n)).node);
    expect(await engine.count(held)).toBe(2202);
    expect(await engine.collect({ op: "limit", input: many.node, rows: 1, fields: many.node.fields })).toHaveLength(1);
    engine.release(held);
  });
});
