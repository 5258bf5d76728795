import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type Expected, judge } from "../../scripts/conformance/judge.js";
import { readTable } from "../../scripts/conformance/read_table.js";

/** Tables that Spark and deltalake wrote (make_tables.py), with what Spark reads in every version of them. */
const folder = resolve("test/fixtures/delta");
const { tables } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  readonly tables: Readonly<Record<string, Expected>>;
};

describe("the golden tables", () => {
  test.each(Object.entries(tables))(
    "%s: every version, and the change feed where there is one",
    async (name, expected) => {
      const versions = (expected.earlier ?? []).map(({ version }) => version);
      const reading = await readTable(join(folder, name), { versions, changes: expected.changes });
      expect(judge(expected, reading)).toEqual([]);
    },
  );

  test("are all known to expected.json and to the catalogue", () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const names = folders.map(({ name }) => name).sort();
    expect(Object.keys(tables).sort()).toEqual(names);
    const catalogue = readFileSync(join(folder, "README.md"), "utf8");
    expect(names.filter((name) => !catalogue.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
