import { describe, expect, test } from "vitest";
import {
  boolean,
  type ColumnSpec,
  date,
  decimal,
  fraction,
  integer,
  long,
  text,
  timestamp,
} from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { examine } from "../../lib/contract/examine.js";
import { drop, fail, quarantine, warn } from "../../lib/contract/expectation.js";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { scan } from "../../lib/relation/relation.js";
import { field } from "../../lib/types.js";

const engine = new PolarsEngine({ resolveTable: () => Promise.reject(new Error("no tables")) });

describe("text is read by the contract", () => {
  const money = decimal(18, 2, { locale: "pt-BR" });
  test.each<[string, ColumnSpec, string | null, unknown]>([
    ["Brazilian money", money, "1.234,56", "1234.56"],
    ["many groups", money, "12.345.678,9", "12345678.90"],
    ["ungrouped comma", money, "1234,56", "1234.56"],
    ["a point before one or two digits", money, "1234.5", "1234.50"],
    ["no decimals", money, "2500", "2500.00"],
    ["negative", money, "-0,01", "-0.01"],
    ["spaces around", money, "  7,00 ", "7.00"],
    ["ambiguous", money, "1.234", "refused"],
    ["ambiguous beyond the first line", money, "1.234\n", "refused"],
    ["a point behind the comma", money, "1,2.3", "refused"],
    ["two commas", money, "1,2,3", "refused"],
    ["an exponent", money, "1e3", "refused"],
    ["whole numbers only", decimal(9, 0, { locale: "pt-BR" }), "1234", "1234"],
    ["a comma in whole numbers", decimal(9, 0, { locale: "pt-BR" }), "1234,0", "refused"],
    ["wrong groups", money, "12.34,56", "refused"],
    ["too many decimals", money, "1,234", "refused"],
    ["too many digits", money, "12345678901234567,00", "refused"],
    ["the largest", money, "9999999999999999,99", "9999999999999999.99"],
    ["words", money, "grátis", "refused"],
    ["empty", money, "", null],
    ["nothing", money, null, null],
    ["plain numbers only", decimal(18, 2), "1.234,56", "refused"],
    ["a percentage", fraction({ locale: "pt-BR" }), "11%", "0.110000"],
    ["half a percent", fraction({ locale: "pt-BR" }), "12,5%", "0.125000"],
    ["a percentage with a point", fraction({ locale: "pt-BR" }), "12.5%", "0.125000"],
    ["a large percentage", fraction({ locale: "pt-BR" }), "-1.234,5%", "-12.345000"],
    ["spaces before the percent sign", fraction({ locale: "pt-BR" }), " 12,5 % ", "0.125000"],
    ["two percent signs", fraction({ locale: "pt-BR" }), "11%%", "refused"],
    ["a percent sign alone", fraction({ locale: "pt-BR" }), "%", "refused"],
    ["a percent sign before", fraction({ locale: "pt-BR" }), "%11", "refused"],
    ["a plain percentage", fraction(), "12.5%", "0.125000"],
    ["a percentage that is not plain", fraction(), "12,5%", "refused"],
    ["no percent sign", fraction({ locale: "pt-BR" }), "11", "refused"],
    ["no percentage at all", fraction().whenEmpty("0"), null, "0.000000"],
    ["a default for empty", fraction().whenEmpty("0"), "", "0.000000"],
    ["no default for what does not fit", fraction().whenEmpty("0"), "x", "refused"],
    ["beyond 2^53", long(), "9007199254740993", 9007199254740993n],
    ["beyond 64 bits", long(), "9223372036854775808", "refused"],
    ["a decimal as integer", integer(), "1.0", "refused"],
    ["a leap day", date(), "2024-02-29", "2024-02-29"],
    ["no leap day", date(), "2023-02-29", "refused"],
    ["one-digit month", date(), "2023-2-01", "refused"],
    ["a time", timestamp({ format: "%d/%m/%Y %H:%M:%S" }), "31/12/2014 23:59:59", "2014-12-31 23:59:59"],
    ["hour 24", timestamp(), "2014-12-31 24:00:00", "refused"],
    ["a time in summer time's gap", timestamp(), "2014-10-19 00:30:00", "2014-10-19 00:30:00"],
    ["microseconds", timestamp(), "2014-10-19T00:30:00.000001", "2014-10-19 00:30:00.000001"],
    ["a zone", timestamp(), "2014-10-19T00:30:00Z", "refused"],
    ["true", boolean(), "TRUE", true],
    ["text as it is", text(), "  São ", "  São "],
    ["a default for empty text", text().whenEmpty("NÃO INFORMADO"), "", "NÃO INFORMADO"],
  ])("%s", async (_, spec, input, expected) => {
    const table = defineTable("silver.x", { description: "x", grain: "x", columns: { valor: spec } });
    const { accepted, faulty } = examine(source(["valor"], [[input]]), table);
    const [row] = (await engine.collect(accepted.node)) as readonly { readonly valor: unknown }[];
    expect(row === undefined ? "refused" : row.valor).toEqual(expected);
    expect(await engine.count(faulty.node)).toBe(expected === "refused" ? 1 : 0);
  });
});

test("the reason of a time that cannot be read names every format", async () => {
  const formats = ["%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"];
  const columns = { quando: timestamp({ format: formats }) };
  const table = defineTable("silver.x", { description: "x", grain: "x", columns });
  const [row] = await engine.collect(examine(source(["quando"], [["ontem"]]), table).faulty.node);
  expect(row?.["_reasons"]).toEqual([`quando is not a timestamp like ${formats.join(" or ")}: ontem`]);
});

describe("a row goes by the gravest rule that it breaks", () => {
  const table = defineTable("silver.x", {
    description: "x",
    grain: "x",
    columns: { id: long().notNull(), n: long(), nome: text().notNull() },
    expect: (t) => ({
      n_pequeno: warn(t.n.lt(100)),
      n_positivo: drop(t.n.ge(0)),
      n_nao_treze: quarantine(t.n.ne(13)),
      n_nao_sete: fail(t.n.ne(7)),
    }),
  });
  const fates = async (id: string | null, n: string | null, nome: string | null) => {
    const { accepted, faulty } = examine(source(["id", "n", "nome"], [[id, n, nome]]), table);
    const rows = (await engine.collect(faulty.node)) as readonly {
      readonly _fate: string;
      readonly _reasons: readonly string[];
    }[];
    return [await engine.count(accepted.node), rows[0]?._fate, rows[0]?._reasons];
  };

  test("and keeps every reason", async () => {
    expect(await fates("1", "1", "a")).toEqual([1, undefined, undefined]);
    expect(await fates("1", "100", "a")).toEqual([1, "warn", ["breaks n_pequeno"]]);
    expect(await fates("1", "-1", "a")).toEqual([0, "drop", ["breaks n_positivo"]]);
    expect(await fates("1", "13", "a")).toEqual([0, "quarantine", ["breaks n_nao_treze"]]);
    expect(await fates("1", "7", "a")).toEqual([0, "fail", ["breaks n_nao_sete"]]);
    expect(await fates("x", "13", "")).toEqual([
      0,
      "quarantine",
      ["id is not of type long: x", "nome is empty", "breaks n_nao_treze"],
    ]);
  });

  test("a rule whose result is null is broken", async () => {
    expect(await fates("1", null, "a")).toEqual([
      0,
      "fail",
      ["breaks n_pequeno", "breaks n_positivo", "breaks n_nao_treze", "breaks n_nao_sete"],
    ]);
  });

  test("a line of the wrong shape has that one reason, and is kept as it came", async () => {
    const rows = source(["id", "n", "nome"], [[null, null, null]], "1,2");
    const [row] = await engine.collect(examine(rows, table).faulty.node);
    expect(row).toMatchObject({
      _corrupt_record: "1,2",
      _fate: "quarantine",
      _reasons: ["the line has too few or too many fields"],
    });
  });

  test.each(["a.ndjson", "a.jsonl.gz"])("a line of %s that cannot be taken apart is no JSON object", async (file) => {
    const rows = source(["id", "n", "nome"], [[null, null, null]], '{"id":1', file);
    const [row] = await engine.collect(examine(rows, table).faulty.node);
    expect(row).toMatchObject({
      _reasons: ["the line is no JSON object, has a name twice or half of a surrogate pair"],
    });
  });
});

/** Rows of a landing table: these columns as text, and where they came from. */
function source(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  corrupt: string | null = null,
  file = "a.csv",
) {
  const origin = Object.entries(LANDING_COLUMNS).map(([name, spec]) => field(name, spec.type, spec.nullable));
  const values = rows.map((row, i) => [...row, null, corrupt, file, String(i + 2), "2026-01-01T00:00:00Z"]);
  return scan({ kind: "values", rows: values }, [...columns.map((name) => field(name, "string")), ...origin]);
}
