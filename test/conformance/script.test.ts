import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Expected, judge } from "../../scripts/conformance/judge.js";
import type { TableReading } from "../../scripts/conformance/read_table.js";
import { main } from "../../scripts/conformance.js";

const golden = resolve("test/fixtures/delta");
const scratch = mkdtempSync(join(tmpdir(), "tslake-conformance-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("the script writes what it reads in a folder's tables, and what it cannot read", async () => {
  for (const name of ["all-types", "change-feed"])
    cpSync(join(golden, name), join(scratch, "tables", name), { recursive: true });
  cpSync(join(golden, "all-types", "_delta_log"), join(scratch, "tables", "without files", "_delta_log"), {
    recursive: true,
  });
  const output = join(scratch, "out.json");
  expect(await main([join(scratch, "tables"), output])).toBe(0);
  const results = JSON.parse(readFileSync(output, "utf8")) as Readonly<Record<string, TableReading>>;
  const { tables } = JSON.parse(readFileSync(join(golden, "expected.json"), "utf8")) as {
    readonly tables: Readonly<Record<string, Expected>>;
  };
  for (const name of ["all-types", "change-feed"]) {
    const { changes: _, ...expected } = tables[name] ?? {};
    expect(judge(expected, results[name] ?? {})).toEqual([]);
  }
  expect(results["without files"]).toMatchObject({
    version: 2,
    files: 3,
    error: expect.stringContaining("does not exist"),
  });
});

test("what is no folder is refused", async () => {
  expect(await main([join(scratch, "no such folder"), join(scratch, "out.json")])).toBe(2);
  expect(await main([])).toBe(2);
});
