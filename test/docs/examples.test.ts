import { afterAll, describe, expect, test } from "vitest";
import * as columnSpecs from "../../lib/contract/column_spec.js";
import * as contracts from "../../lib/contract/define_table.js";
import * as expectations from "../../lib/contract/expectation.js";
import { count, countDistinct, countRows, max, min } from "../../lib/relation/aggregate.js";
import { Column } from "../../lib/relation/column.js";
import { Relation, scan } from "../../lib/relation/relation.js";
import { coalesce, concat, concatWith, listOf, lit, when } from "../../lib/relation/when.js";
import { lag, lastKnown, rowNumber, runningMax } from "../../lib/relation/window.js";
import { field, type StructField } from "../../lib/types.js";
import { LakeInProcess } from "../support/lake_in_process.js";
import { read } from "./documents.js";

const workspace = new LakeInProcess();
afterAll(() => workspace.remove());

const functions = {
  count,
  countDistinct,
  countRows,
  max,
  min,
  coalesce,
  concat,
  concatWith,
  listOf,
  lit,
  when,
  lag,
  lastKnown,
  rowNumber,
  runningMax,
};
const rows = (fields: readonly StructField[], ...values: readonly (string | null)[][]): Relation =>
  scan({ kind: "values", rows: values }, fields, workspace.lake);
const r = rows(
  [field("id", "long"), field("canal", "string"), field("valor", "decimal(18,2)"), field("dia", "date")],
  ["1", "Loja", "10.00", "2024-01-01"],
  ["2", "Loja", null, "2024-01-02"],
  ["3", "Site", "5.50", "2024-01-02"],
);
const c = rows([field("canal", "string"), field("regiao", "string")], ["Loja", "Sul"], ["Fone", "Norte"]);

/** A line of a table of the document: `example` evaluated gives `result`. */
const EXAMPLE = /^\| .* \| `([^|]+)` \| `([^|]+)` \|$/;

describe("docs/reference/relations.md", () => {
  const text = read("docs/reference/relations.md");
  const examples = text.split("\n").flatMap((line) => {
    const [, code = "", result = ""] = EXAMPLE.exec(line) ?? [];
    return code === "" ? [] : [[code, result] as const];
  });

  test.each(examples)("%s is %s", async (code, result) => {
    const value = evaluate(code, { ...functions, r, c });
    if (value instanceof Relation) {
      const found = (await value.collect()).map((row) => Object.values(row).map(plain));
      const shown = JSON.parse(result) as unknown[];
      const order = code.includes("orderBy((t)") ? (list: unknown[]) => list : sorted;
      expect(order(found)).toEqual(order(shown));
    } else if (value instanceof Column) {
      const [row] = await r
        .limit(1)
        .select(() => ({ value }))
        .collect();
      expect(written(row?.value)).toBe(result);
    } else throw new Error("neither a relation nor a column");
  });

  test("names every operation of relations and columns", () => {
    const samples = [
      lit(true),
      lit(1),
      lit(1n),
      lit("1", "decimal(2,1)"),
      lit("a"),
      lit("2024-01-01", "date"),
      lit("2024-01-01 00:00:00", "timestamp_ntz"),
    ];
    const methods = [r, ...samples].flatMap(methodsOf);
    const known = [...new Set([...methods, ...Object.keys(functions)])];
    expect(known.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

describe("docs/reference/contracts.md", () => {
  const text = read("docs/reference/contracts.md");

  test("names everything that a contract is made of", () => {
    const builders = [columnSpecs, expectations, contracts].flatMap((module) => Object.keys(module));
    const methods = methodsOf(columnSpecs.text());
    const known = [...new Set([...builders, ...methods])].filter(
      (name) => !["Table", "LAYERS", "ColumnSpec"].includes(name),
    );
    expect(known.filter((name) => !text.includes(`${name}`))).toEqual([]);
  });

  test("shows columns as they are declared", () => {
    const examples = text.split("\n").flatMap((line) => {
      const [, code = "", result = ""] = EXAMPLE.exec(line) ?? [];
      return code === "" ? [] : [{ code, result }];
    });
    expect(examples.length).toBeGreaterThan(10);
    const scope = Object.fromEntries([columnSpecs, expectations].flatMap((module) => Object.entries(module)));
    for (const { code, result } of examples) {
      const spec = evaluate(code, { ...scope, lit });
      if (!(spec instanceof columnSpecs.ColumnSpec)) throw new Error(`${code} is no column`);
      const type = typeof spec.type === "string" ? spec.type : "array<string>";
      expect(`${type}${spec.nullable ? "" : " not null"}`, code).toBe(result);
    }
  });
});

/** The value of an expression of the documents. */
function evaluate(code: string, scope: Readonly<Record<string, unknown>>): unknown {
  return new Function(...Object.keys(scope), `return ${code};`)(...Object.values(scope));
}

function methodsOf(value: object): readonly string[] {
  const names: string[] = [];
  for (
    let type = Object.getPrototypeOf(value);
    type !== null && type !== Object.prototype;
    type = Object.getPrototypeOf(type)
  ) {
    names.push(...Object.getOwnPropertyNames(type));
  }
  const inner = ["constructor", "operand", "compare", "arithmetic", "bound", "derive", "project", "joined", "part"];
  return names.filter((name) => !inner.includes(name));
}

function sorted(list: readonly unknown[]): unknown[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A value as JSON can hold it. */
function plain(value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

function written(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
}
