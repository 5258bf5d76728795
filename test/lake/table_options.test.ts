import { expect, test } from "vitest";
import { long } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { describeError } from "../../lib/errors.js";
import { checkContractProperties } from "../../lib/lake/table_options.js";

const withProperties = (properties: Readonly<Record<string, string>>) =>
  defineTable("gold.x", { description: "Rows", grain: "one row", columns: { id: long() }, properties });

test.each<[Readonly<Record<string, string>>, string]>([
  [{ "delta.foo": "1" }, "gold.x: Delta has no table property delta.foo\n  at table gold.x"],
  [{ "delta.enablechangedatafeed": "true" }, "expected: delta.enableChangeDataFeed"],
  [{ "delta.enableChangeDataFeed": "yes" }, "expected: true, false\n  actual:   yes"],
  [{ "delta.checkpointInterval": "ten" }, "gold.x: The table property delta.checkpointInterval cannot be understood"],
])("a contract's property %o is refused with the table's name", (properties, message) => {
  let error: unknown;
  try {
    checkContractProperties(withProperties(properties));
  } catch (thrown) {
    error = thrown;
  }
  expect(describeError(error)).toContain(message);
});

test("a contract may have properties of its own", () => {
  const properties = { "delta.enableChangeDataFeed": "true", "delta.checkpointInterval": "5", owner: "vendas" };
  expect(() => checkContractProperties(withProperties(properties))).not.toThrow();
});
