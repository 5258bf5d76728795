import { describe, expect, test } from "vitest";
import { Catalog, DeltaTable, DISPLAY, defineTable, long, MemoryStorage, quarantine, text } from "../../lib/index.js";
import { field } from "../../lib/types.js";
import { type Cell, values } from "../engine/support.js";
import { parseXml, select } from "../support/dom.js";

const TYPES = { nome: "string", valor: "decimal(18,2)", n: "long" } as const;

async function shown(rows: readonly (readonly Cell[])[]): Promise<{ html: string; text: string }> {
  const bundle = await values(TYPES, rows)[DISPLAY]();
  return { html: String(bundle["text/html"]), text: String(bundle["text/plain"]) };
}

/** The HTML of a table as XML, for it closes all that it opens. */
function cellsOf(html: string): { readonly text: string; readonly attributes: Readonly<Record<string, string>> }[] {
  const cells = select(parseXml(`<html>${html.replaceAll("<br>", "<br/>")}</html>`), "td");
  return cells.map((cell) => ({
    text: cell.innerHTML,
    attributes: Object.fromEntries([...cell.attributes].map(({ name, value }) => [name, value])),
  }));
}

describe("a relation shows itself", () => {
  test("with types, exact decimals to the right, and nulls unlike the text null", async () => {
    const { html, text: plain } = await shown([
      ["null", "1234567890123456.70", "9007199254740993"],
      [null, null, "1"],
    ]);
    expect(plain.split("\n")).toEqual([
      "nome                  valor                 n",
      "string        decimal(18,2)              long",
      "─────────────────────────────────────────────",
      '"null"  1234567890123456.70  9007199254740993',
      "null                   null                 1",
      "(2 rows)",
    ]);
    const cells = cellsOf(html);
    expect(cells[0]).toMatchObject({ text: '"null"', attributes: { align: "left" } });
    expect(cells[1]).toMatchObject({ text: "1234567890123456.70", attributes: { align: "right" } });
    expect(cells[3]?.text).toContain("<em");
    expect(html).toContain("<sub>decimal(18,2)</sub>");
  });

  test("with long texts cut, the whole in a tool tip, and nothing that a text says taken for markup", async () => {
    const long = `<script>alert("1")</script>\u202E${"x".repeat(100)}`;
    const { html } = await shown([[long, "1.00", "1"]]);
    const [cell] = cellsOf(html);
    expect(cell?.text).toBe(`&lt;script&gt;alert("1")&lt;/script&gt;\uFFFD${"x".repeat(11)}…`);
    expect(cell?.attributes["title"]).toBe(long.replace("\u202E", "\uFFFD"));
    expect(html).not.toContain("<script");
  });

  test("with its first rows, and how many there are where that is known", async () => {
    const rows = Array.from({ length: 1234 }, (_, i) => ["a", `${i}.00`, `${i}`]);
    const relation = values(TYPES, rows);
    const caption = async (made: { [DISPLAY](): unknown }): Promise<string | undefined> =>
      String(((await made[DISPLAY]()) as Record<string, string>)["text/plain"])
        .split("\n")
        .at(-1);
    expect(await caption(relation)).toBe("(first 20 of 1,234 rows)");
    expect(await caption(relation.select(["n"]).orderBy((t) => [t.n.desc()]))).toBe("(first 20 of 1,234 rows)");
    expect(await caption(relation.union(relation).limit(2000))).toBe("(first 20 of 2,000 rows)");
    expect(await caption(relation.filter((t) => t.n.gt(3n)))).toBe("(first 20 rows)");
    expect(await caption(relation.filter((t) => t.n.lt(2n)))).toBe("(2 rows)");
    expect(await caption(relation.limit(1))).toBe("(1 row)");
  });
});

test("a relation becomes an Arrow table without loss", async () => {
  const table = await values(TYPES, [
    ["é", "12345678901234.56", "9007199254740993"],
    [null, null, null],
  ]).toArrow();
  expect([table.numRows, table.numCols]).toEqual([2, 3]);
  expect(table.schema.fields.map(({ name }) => name)).toEqual(["nome", "valor", "n"]);
  expect([...(table.getChild("nome") ?? [])]).toEqual(["é", null]);
  expect(table.getChild("n")?.get(0)).toBe(9007199254740993n);
  expect(String(table.getChild("valor")?.get(0))).toBe("1234567890123456");
  expect(table.getChild("valor")?.type).toMatchObject({ scale: 2 });
});

const cliente = defineTable("bronze.cliente", {
  description: "Customers <b>",
  grain: "one customer",
  landing: { source: "crm", files: ["*.csv"] },
  columns: { id: long().notNull().describe("Its number"), nome: text().describe("Full name") },
});
const limpo = defineTable("silver.cliente", {
  description: "Clean customers",
  grain: "one customer",
  reads: [cliente],
  write: "merge",
  key: ["id"],
  columns: { id: long().notNull(), nome: text() },
  expect: (t) => ({ nome_presente: quarantine(t.nome.isNotNull()) }),
});

test("a contract shows its data dictionary", async () => {
  expect(limpo[DISPLAY]()["text/plain"]).toBe(
    [
      "silver.cliente",
      "Clean customers",
      "One row: one customer.",
      "Written: merge; key id. Reads bronze.cliente.",
      "Expects nome_presente, else quarantine: isNotNull(nome)",
      "",
      "column  type    null",
      "────────────────────────",
      "id      long    not null",
      "nome    string",
      "(2 columns)",
    ].join("\n"),
  );
  const html = String(cliente[DISPLAY]()["text/html"]);
  expect(html).toContain("Customers &lt;b&gt;");
  expect(cellsOf(html).map((cell) => cell.text)).toContain("Its number");
});

test("a catalog shows which table reads which", () => {
  const bundle = new Catalog([limpo, cliente])[DISPLAY]();
  expect(bundle["text/plain"]).toBe("bronze.cliente ← landing/crm\nsilver.cliente ← bronze.cliente");
  const titles = select(parseXml(String(bundle["image/svg+xml"])), ".tslake-node title").map(
    (title) => title.textContent,
  );
  expect(titles.map((title) => title?.split("\n")[0])).toEqual(["crm", "bronze.cliente", "silver.cliente"]);
});

test("a Delta table shows its history", async () => {
  const table = await DeltaTable.create(new MemoryStorage(), { fields: [field("n", "long")], name: "numbers" });
  await table.append([{ n: 1n }, { n: 2n }]);
  const lines = String((await table[DISPLAY]())["text/plain"]).split("\n");
  expect(lines[0]).toBe("numbers, version 1");
  expect(lines.at(-1)).toBe("(2 commits)");
  expect(lines.at(-3)).toMatch(/^\s*1 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}WRITE/);
});
