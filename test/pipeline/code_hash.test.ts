import { describe, expect, test } from "vitest";
import { decimal, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { quarantine, warn } from "../../lib/contract/expectation.js";
import { codeHash } from "../../lib/pipeline/code_hash.js";

const table = (changes: object = {}) =>
  defineTable("silver.sales", {
    description: "Sales",
    grain: "a sale",
    columns: { id: text().notNull(), value: decimal(18, 2) },
    key: ["id"],
    write: "merge",
    expect: (t) => ({ positive: quarantine(t.value.ge(0)) }),
    ...changes,
  });
const original = codeHash(["let a = 1;"], table());

describe("the code hash", () => {
  test("is the same for the same cells and an equal contract", () => {
    expect(codeHash(["let a = 1;"], table())).toBe(original);
    expect(original).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    ["an edited cell", ["let a = 2;"], table()],
    ["a cell in two", ["let a", " = 1;"], table()],
    ["another type", ["let a = 1;"], table({ columns: { id: text().notNull(), value: decimal(20, 2) } })],
    [
      "another parse rule",
      ["let a = 1;"],
      table({ columns: { id: text().notNull(), value: decimal(18, 2, { locale: "pt-BR" }) } }),
    ],
    ["another order of columns", ["let a = 1;"], table({ columns: { value: decimal(18, 2), id: text().notNull() } })],
    [
      "another condition",
      ["let a = 1;"],
      table({
        expect: (t: never) => ({ positive: quarantine((t as { value: { ge(n: number): never } }).value.ge(1)) }),
      }),
    ],
    [
      "another severity",
      ["let a = 1;"],
      table({ expect: (t: never) => ({ positive: warn((t as { value: { ge(n: number): never } }).value.ge(0)) }) }),
    ],
    ["another write mode", ["let a = 1;"], table({ write: "overwrite" })],
    ["another description", ["let a = 1;"], table({ description: "All sales" })],
  ])("changes with %s", (_, cells, changed) => {
    expect(codeHash(cells, changed)).not.toBe(original);
  });
});
