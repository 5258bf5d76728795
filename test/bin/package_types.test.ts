import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A folder as deep as a notebook's, from which the packages are resolved as notebooks resolve them. */
const scratch = mkdtempSync(join(tmpdir(), "tslake-types-"));
const folder = join(scratch, "notebooks", "gold");
/** Lines 3 and 4 are wrong on purpose: they prove that the types are there, not `any`. */
const PROBE = `import * as tslake from "tslake";
import * as tables from "tslake/tables";
export const wrongLibrary: number = tslake;
export const wrongTable: number = tables.gold.vendas;
`;
const COMPILERS = [
  {
    name: "the project's TypeScript",
    script: "typescript/bin/tsc",
    options: "--module preserve --moduleResolution bundler",
    /** What may be wrong with the library: nothing. */
    refuses: /error TS/,
  },
  {
    name: "tslab's older TypeScript",
    script: "@tslab/typescript-for-tslab/bin/tsc",
    options: "--module commonjs --moduleResolution node10 --esModuleInterop",
    /** It infers less and tslab shows errors of cells only, but what it cannot parse has no types. */
    refuses: /^probe\.ts|error TS1\d{3}:/,
  },
];

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  symlinkSync(resolve("node_modules"), join(scratch, "node_modules"), "junction");
  writeFileSync(join(folder, "probe.ts"), PROBE);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the packages tslake and tslake/tables", () => {
  test.each(COMPILERS)("have types for $name", { timeout: 120_000 }, ({ script, options, refuses }) => {
    const common = "--noEmit --strict --target es2022 --lib es2023 --types node --skipLibCheck --pretty false";
    const argv = [resolve("node_modules", script), ...common.split(" "), ...options.split(" "), "probe.ts"];
    const { stdout } = spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8" });
    expect(stdout.split("\n").filter((line) => refuses.test(line))).toEqual([
      expect.stringMatching(/^probe\.ts\(3,14\): error TS2322: .*number/),
      expect.stringMatching(/^probe\.ts\(4,14\): error TS2322: .*number/),
    ]);
  });
});
