import { expect, test } from "vitest";
import { long } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { describeError } from "../../lib/errors.js";
import { checkContractProperties } from "../../lib/lake/table_options.js";

const withProperties = (properties: Readonly<Record<string, string>>, write: "append" | "merge" = "append") =>
  defineTable("gold.x", {
    ...{ description: "Rows", grain: "one row", columns: { id: long().notNull() }, key: ["id"] },
    write,
    properties,
  });

test.each<[Readonly<Record<string, string>>, string, "merge"?]>([
  [{ "delta.foo": "1" }, "gold.x: Delta has no table property delta.foo\n  at table gold.x"],
  [{ "delta.enablechangedatafeed": "true" }, "expected: delta.enableChangeDataFeed"],
  [{ "delta.enableChangeDataFeed": "yes" }, "expected: true, false\n  actual:   yes"],
  [{ "delta.checkpointInterval": "ten" }, "gold.x: The table property delta.checkpointInterval cannot be understood"],
  [{ "delta.checkpointPolicy": "v3" }, "gold.x: The table property delta.checkpointPolicy has no such value"],
  [{ "delta.isolationLevel": "serializable" }, "expected: Serializable, WriteSerializable\n  actual:   serializable"],
  [{ "delta.columnMapping.mode": "names" }, "expected: none, name, id\n  actual:   names"],
  [
    { "delta.columnMapping.mode": "name" },
    "gold.x: delta.columnMapping.mode contradicts the contract\n  at table gold.x",
  ],
  [{ "delta.appendOnly": "false" }, "expected: true, because write is append\n  actual:   false"],
  [{ "delta.appendOnly": "TRUE" }, "expected: false, because write is merge\n  actual:   TRUE", "merge"],
])("a contract's property %o is refused with the table's name", (properties, message, write) => {
  let error: unknown;
  try {
    checkContractProperties(withProperties(properties, write));
  } catch (thrown) {
    error = thrown;
  }
  expect(describeError(error)).toContain(message);
});

test("a contract may have properties of its own", () => {
  const properties = {
    "delta.enableChangeDataFeed": "true",
    "delta.appendOnly": "true",
    "delta.checkpointInterval": "5",
    owner: "vendas",
    "delta.columnMapping.mode": "none",
  };
  expect(() => checkContractProperties(withProperties(properties))).not.toThrow();
});
