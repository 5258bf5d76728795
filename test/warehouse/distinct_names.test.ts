import { expect, test } from "vitest";
import { distinctNames } from "../../lib/warehouse/distinct_names.js";

test.each([
  [
    ["a", "b"],
    ["a", "b"],
  ],
  [
    ["a", "a", "a"],
    ["a", "a_2", "a_3"],
  ],
  [
    ["a", "a", "a_2"],
    ["a", "a_3", "a_2"],
  ],
  [
    ["a_2", "a", "a", "a_2"],
    ["a_2", "a", "a_3", "a_2_2"],
  ],
  [
    ["__proto__", "__proto__"],
    ["__proto__", "__proto___2"],
  ],
])("the columns %j are %j", (names, distinct) => {
  expect(distinctNames(names)).toEqual(distinct);
});
