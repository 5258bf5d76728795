import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Expected, judge } from "../../scripts/conformance/judge.js";
import { readTable } from "../../scripts/conformance/read_table.js";
import { describeWith, shared } from "../support/partners.js";

/** Tables that other engines wrote, with what the reference reader finds in them. */
const folder = join(shared() ?? "", "conformance", "delta");

describeWith("shared", "every table of other engines is read right, or refused where the reference refuses it", () => {
  const file = join(folder, "expected.json");
  const tables = existsSync(file)
    ? Object.entries((JSON.parse(readFileSync(file, "utf8")) as { tables: Record<string, Expected> }).tables)
    : [];

  test.each(tables)("%s", async (name, expected) => {
    const versions = (expected.earlier ?? []).map(({ version }) => version);
    const reading = await readTable(join(folder, name), { versions, changes: expected.changes });
    expect(judge(expected, reading)).toEqual([]);
  });

  test("there are tables", () => {
    expect(tables.length).toBeGreaterThan(100);
  });
});
