import { describe, expect, test } from "vitest";
import { UsageError } from "../../lib/errors.js";
import { selectTables } from "../../lib/pipeline/selection.js";
import { smallCatalog } from "./fake_lake.js";

const catalog = smallCatalog();
const select = (...expressions: string[]): string => selectTables(catalog, expressions).join(" ");

describe("selection", () => {
  test.each([
    ["silver.sales", "silver.sales"],
    ["+gold.sales", "bronze.sales silver.sales gold.sales"],
    ["1+gold.sales", "silver.sales gold.sales"],
    ["bronze.sales+", "bronze.sales silver.sales gold.sales"],
    ["bronze.sales+1", "bronze.sales silver.sales"],
    ["+silver.sales+", "bronze.sales silver.sales gold.sales"],
    ["1+silver.events+1", "bronze.events silver.events gold.daily"],
    ["@silver.events", "bronze.events silver.events gold.daily"],
    ["bronze.*", "bronze.events bronze.sales"],
    ["*.sales", "bronze.sales silver.sales gold.sales"],
    ["gold", "gold.daily gold.sales"],
    ["sales", "bronze.sales silver.sales gold.sales"],
    ["silver.*+,gold.*", "gold.daily gold.sales"],
    ["+gold.sales,+silver.sales", "bronze.sales silver.sales"],
    ["silver.sales gold.daily", "silver.sales gold.daily"],
    ["bronze.sales,sales  gold.daily", "bronze.sales gold.daily"],
  ])("%s", (expression, names) => {
    expect(select(expression).split(" ").sort()).toEqual(names.split(" ").sort());
  });

  test("nothing selects everything, in dependency order; several expressions unite", () => {
    expect(select().split(" ")).toEqual(catalog.tables.map((table) => table.name));
    expect(select("gold.sales", "bronze.sales")).toBe("bronze.sales gold.sales");
  });

  test.each(["gold.gvn", "silver.sales gold.gvn", "++gold.sales", "+", "@silver.sales+", "gold.sales,", "tag:nightly"])(
    "%s is refused with the names that there are",
    (expression) => {
      expect(() => select(expression)).toThrow(UsageError);
      expect(() => select(expression)).toThrow(/names no table/);
      try {
        select(expression);
      } catch (error) {
        expect((error as UsageError).remedy).toContain("gold.daily");
      }
    },
  );

  test.each(["", "  ", "gold.sales,gold.daily"])("%j names nothing, which is refused", (expression) => {
    expect(() => select(expression)).toThrow(/the selection names no table/);
  });
});
