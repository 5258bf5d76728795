import { describe, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { decimal, double, integer, long, text, timestamp } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { defineCalendar, defineDimension } from "../../lib/contract/dimension.js";
import { defineFact, defineStar, degenerate, keyOf, measure } from "../../lib/contract/star.js";
import { DISPLAY } from "../../lib/display.js";
import { ContractError } from "../../lib/errors.js";
import { codeHash } from "../../lib/pipeline/code_hash.js";
import { bronze, gold, silver, warehouse } from "../../lib/tables/index.js";
import { parseXml, select } from "../support/dom.js";

const pedidos = defineTable("gold.pedidos", {
  description: "Orders",
  grain: "one order",
  columns: {
    pedido: text().notNull(),
    em: timestamp().notNull(),
    cliente: text(),
    nome: text(),
    valor: decimal(18, 2).notNull(),
    cidade: long(),
  },
});
const cidades = defineTable("gold.cidades", {
  description: "Towns",
  grain: "one town",
  columns: { codigo: integer().notNull(), cidade: long().notNull(), visto: timestamp().notNull(), nome: text() },
});
const versions = {
  description: "Customer",
  from: pedidos,
  key: "cliente_id",
  naturalKey: ["cliente"],
  attributes: ["nome"],
  type: 2,
  latest: { at: "em", tie: "pedido" },
} as const;
const dim_cliente = defineDimension("dim_cliente", versions);
const dim_dia = defineCalendar("dim_dia", {
  description: "Day",
  key: "dia_id",
  columns: { dia_id: integer().notNull() },
});
const fact = {
  description: "Orders",
  grain: "one order",
  from: pedidos,
  key: ["pedido"],
  columns: { pedido: degenerate("pedido"), valor: measure("valor"), cliente_id: keyOf(dim_cliente) },
} as const;

function refusal(define: () => unknown): string {
  try {
    define();
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    return String(error);
  }
  throw new Error("it was accepted");
}

describe("a dimension", () => {
  test("has its key, natural key and attributes; of type 2 also when a version was valid", () => {
    expect(dim_cliente.columns.map(({ name }) => name)).toEqual([
      "cliente_id",
      "cliente",
      "nome",
      "valido_de",
      "valido_ate",
      "atual",
    ]);
    expect(dim_cliente.keyMap).toMatchObject({ name: "gold.chaves_cliente", write: "append", key: ["chave"] });
    expect(dim_cliente.keyMap.columnNames).toEqual(["chave", "cliente", "nome", "aberta_em"]);
    const type1 = defineDimension("dim_cliente", { ...versions, type: 1 });
    expect(type1.keyMap.columnNames).toEqual(["chave", "cliente"]);
  });

  test.each([
    ["a name without dim_", () => defineDimension("cliente", versions)],
    ["no natural key", () => defineDimension("dim_x", { ...versions, naturalKey: [] })],
    ["a column twice", () => defineDimension("dim_x", { ...versions, attributes: ["cliente"] })],
    [
      "attributes that nothing decides",
      () => defineDimension("dim_x", { ...versions, type: 1, latest: undefined as never }),
    ],
    ["versions of nothing", () => defineDimension("dim_x", { ...versions, attributes: [] })],
    ["times that are none", () => defineDimension("dim_x", { ...versions, latest: { at: "pedido", tie: "pedido" } })],
    ["a tie that may be null", () => defineDimension("dim_x", { ...versions, latest: { at: "em", tie: "nome" } })],
    ["a table that is not gold", () => defineDimension("dim_x", { ...versions, from: silver.vendas as never })],
    [
      "a calendar whose key comes later",
      () => defineCalendar("dim_x", { description: "", key: "b", columns: { a: text(), b: text() } }),
    ],
    [
      "a column that is nothing of a day",
      () => defineCalendar("dim_x", { description: "", key: "id", columns: { id: integer(), lua: text() } }),
    ],
    [
      "a column of a day with another type",
      () => defineCalendar("dim_x", { description: "", key: "id", columns: { id: integer(), mes: text() } }),
    ],
    [
      "a calendar's key of another type",
      () => defineCalendar("dim_x", { description: "", key: "id", columns: { id: text() } }),
    ],
    [
      "a calendar's key that has the name of something else",
      () => defineCalendar("dim_x", { description: "", key: "mes", columns: { mes: integer() } }),
    ],
    [
      "a calendar's column that is no name",
      () => defineCalendar("dim_x", { description: "", key: "Id", columns: { Id: integer() } }),
    ],
  ])("with %s is refused", (_, define) => {
    expect(refusal(define)).toContain("ContractError");
  });
});

describe("a fact", () => {
  test("has its columns in the order in which they are declared", () => {
    expect(defineFact("fato_pedidos", fact).columns.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      "pedido string",
      "valor decimal(18,2)",
      "cliente_id long",
    ]);
  });

  test.each([
    ["a name without fato_", () => defineFact("pedidos", fact)],
    [
      "a measure that is no number",
      () => defineFact("fato_x", { ...fact, columns: { ...fact.columns, nome: measure("nome") } }),
    ],
    [
      "a key that may be null",
      () => defineFact("fato_x", { ...fact, key: ["nome"], columns: { ...fact.columns, nome: degenerate("nome") } }),
    ],
    ["a key that it lacks", () => defineFact("fato_x", { ...fact, key: ["nada"] })],
    [
      "a calendar without a date",
      () => defineFact("fato_x", { ...fact, columns: { ...fact.columns, dia_id: keyOf(dim_dia) } }),
    ],
    [
      "a calendar by a text",
      () => defineFact("fato_x", { ...fact, columns: { ...fact.columns, dia_id: keyOf(dim_dia, "nome") } }),
    ],
    [
      "a key of another type",
      () => {
        const dim_cidade = defineDimension("dim_cidade", {
          description: "",
          from: cidades,
          key: "cidade_id",
          naturalKey: ["codigo"],
        });
        return defineFact("fato_x", { ...fact, columns: { ...fact.columns, cidade_id: keyOf(dim_cidade, "cidade") } });
      },
    ],
    [
      "versions of another table",
      () => {
        const dim_cidade = defineDimension("dim_cidade", {
          description: "",
          from: cidades,
          key: "cidade_id",
          naturalKey: ["cidade"],
          attributes: ["nome"],
          type: 2,
          latest: { at: "visto", tie: "codigo" },
        });
        return defineFact("fato_x", { ...fact, columns: { ...fact.columns, cidade_id: keyOf(dim_cidade) } });
      },
    ],
  ])("with %s is refused", (_, define) => {
    expect(refusal(define)).toContain("ContractError");
  });

  test("with a measure whose sums are not exact is refused, with what to do", () => {
    const from = defineTable("gold.medidas", {
      description: "",
      grain: "",
      columns: { pedido: text().notNull(), peso: double() },
    });
    const columns = { pedido: degenerate("pedido"), peso: measure("peso") } as const;
    const define = (): unknown => defineFact("fato_x", { ...fact, from, columns });
    expect(refusal(define)).toContain("a measure is an exact number");
    expect(define).toThrow(
      expect.objectContaining({ actual: "peso: double", remedy: expect.stringContaining("cast it to a decimal") }),
    );
  });

  test("a misspelt column does not compile", () => {
    const columns = { pedido: degenerate("pedido"), valor: measure("valr") };
    // @ts-expect-error
    expect(refusal(() => defineFact("fato_x", { ...fact, columns }))).toContain("lacks");
    // @ts-expect-error
    expect(refusal(() => defineDimension("dim_x", { ...versions, naturalKey: ["clinte"] }))).toContain("lacks");
  });
});

describe("a star", () => {
  const fato = defineFact("fato_pedidos", fact);

  test("is a step of the catalog after what it is made from; its key maps are tables without a step", () => {
    const star = defineStar("warehouse.pedidos", { description: "Orders", facts: [fato] });
    const catalog = new Catalog([pedidos], [star]);
    expect(catalog.steps.map(({ name }) => name)).toEqual(["gold.pedidos", "warehouse.pedidos"]);
    expect(catalog.tables.map(({ name }) => name)).toContain("gold.chaves_cliente");
    expect(catalog.upstream("warehouse.pedidos")).toEqual(new Set(["gold.pedidos"]));
    expect(catalog.star("warehouse.pedidos")).toBe(star);
  });

  test("is another step when a view's SELECT changes", () => {
    const hashOf = (select: string): string => {
      const view = { name: "vw_x", description: "", columns: {}, select: () => select };
      return codeHash([], defineStar("warehouse.x", { description: "", facts: [fato], views: [view] }).table);
    };
    expect(hashOf("SELECT 1 AS um")).toBe(hashOf("SELECT 1 AS um"));
    expect(hashOf("SELECT 2 AS um")).not.toBe(hashOf("SELECT 1 AS um"));
  });

  test("has its tables and views to itself", () => {
    const view = { name: "vw_dias", description: "", columns: {}, select: () => "SELECT 1 AS um" };
    const columns = { pedido: degenerate("pedido") };
    const one = defineStar("warehouse.pedidos", { description: "", facts: [fato], views: [view] });
    for (const [shared, facts, views] of [
      ["dim_cliente", [defineFact("fato_x", fact)], []],
      ["fato_pedidos", [defineFact("fato_pedidos", { ...fact, columns })], []],
      ["vw_dias", [defineFact("fato_x", { ...fact, columns })], [view]],
    ] as const) {
      const other = defineStar("warehouse.outros", { description: "", facts, views });
      const define = (): unknown => new Catalog([pedidos], [one, other]);
      expect(refusal(define)).toContain(`two stars have a table or view ${shared}`);
      expect(define).toThrow(expect.objectContaining({ actual: "warehouse.pedidos and warehouse.outros" }));
    }
  });

  test.each([
    ["no fact", () => defineStar("warehouse.x", { description: "", facts: [] })],
    ["another name", () => defineStar("gold.x", { description: "", facts: [fato] })],
    [
      "a view that is named as a table",
      () => {
        const view = { name: "dim_x", description: "", columns: {}, select: () => "SELECT 1 AS um" };
        return defineStar("warehouse.x", { description: "", facts: [fato], views: [view] });
      },
    ],
    ["two parts of one name", () => defineStar("warehouse.x", { description: "", facts: [fato, fato] })],
  ])("with %s is refused", (_, define) => {
    expect(refusal(define)).toContain("ContractError");
  });

  test("that is shipped has the columns that analysts were promised", () => {
    expect(warehouse.fato_vendas.columns.map(({ name }) => name)).toEqual(
      "venda_id timestamp_do_registro ano turno_compra valor_da_compra valor_com_desconto arquivo_de_origem cliente_id produto_id canal_id plataforma_id campanha_id vendedor_id desconto_id data_id".split(
        " ",
      ),
    );
    const money = warehouse.fato_vendas.columns.filter(({ name }) => name.startsWith("valor"));
    expect(money.map(({ type }) => type)).toEqual(["decimal(18,2)", "decimal(18,2)"]);
    expect(warehouse.vendas.dimensions.map(({ name }) => name)).toEqual(
      "cliente produto canal plataforma campanha vendedor desconto data".split(" ").map((name) => `dim_${name}`),
    );
    for (const part of [...warehouse.vendas.dimensions, ...warehouse.vendas.facts])
      for (const column of part.columns) expect(column.description, `${part.name}.${column.name}`).not.toBe("");
    const tables = [bronze, silver, gold].flatMap((layer) => Object.values(layer));
    expect(new Catalog(tables, [warehouse.vendas]).steps).toHaveLength(11);
  });
});

describe("a star in a notebook", () => {
  const shown = warehouse.vendas[DISPLAY]() as Readonly<Record<string, string>>;

  test("shows its facts and dimensions with keys, types and measures", () => {
    const text = shown["text/plain"] ?? "";
    for (const { name } of [...warehouse.vendas.facts, ...warehouse.vendas.dimensions]) expect(text).toContain(name);
    expect(text).toMatch(/^cliente_id +long +not null +key of dim_cliente +email/m);
    expect(text).toMatch(/^valor_com_desconto +decimal\(18,2\) +not null +measure +valor_com_desconto/m);
    expect(text).toMatch(/^cliente_id +long +not null +surrogate key/m);
    expect(text).toMatch(/^email +string +(not null +)?natural key +email/m);
    expect(text).toContain("Type 2: a row for each time that a member changed");
  });

  test("shows a picture of which fact refers to which dimension", () => {
    const svg = parseXml(shown["image/svg+xml"] ?? "");
    const titles = select(svg, "g > title").map(({ textContent }) => textContent ?? "");
    expect(titles.find((title) => title.startsWith("fato_gvm"))).toContain("valor_total decimal(18,2)");
    const keys = warehouse.vendas.facts.flatMap((one) => [...new Set(one.keys.map(({ dimension }) => dimension.name))]);
    expect(select(svg, "path[marker-end]").length).toBeGreaterThanOrEqual(keys.length);
    expect(shown["text/html"]).toContain('src="data:image/svg+xml;base64,');
  });

  test("takes nothing that its texts say for markup", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const star = defineStar("warehouse.mau", {
      description: evil,
      facts: [defineFact("fato_mau", { ...fact, description: evil, grain: evil })],
    });
    const bundle = star[DISPLAY]() as Readonly<Record<string, string>>;
    for (const type of ["text/html", "image/svg+xml"]) expect(bundle[type]).not.toContain(evil);
  });
});
