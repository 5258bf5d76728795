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
  ["TypeScript of the project", "typescript/bin/tsc", ["--module", "preserve", "--moduleResolution", "bundler"]],
  [
    "TypeScript of tslab",
    "@tslab/typescript-for-tslab/bin/tsc",
    ["--module", "commonjs", "--moduleResolution", "node10", "--esModuleInterop"],
  ],
] as const;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  symlinkSync(resolve("node_modules"), join(scratch, "node_modules"), "junction");
  writeFileSync(join(folder, "probe.ts"), PROBE);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the packages tslake and tslake/tables", () => {
  test.each(COMPILERS)(
    "have types for the %s, without an error in the library",
    { timeout: 120_000 },
    (_, script, options) => {
      const common = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--lib",
        "es2023",
        "--types",
        "node",
        "--skipLibCheck",
        "--pretty",
        "false",
      ];
      const argv = [resolve("node_modules", script), ...common, ...options, "probe.ts"];
      const { stdout } = spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8" });
      expect(stdout.split("\n").filter((line) => /error TS\d+/.test(line))).toEqual([
        expect.stringMatching(/^probe\.ts\(3,14\): error TS2322: .*number/),
        expect.stringMatching(/^probe\.ts\(4,14\): error TS2322: .*number/),
      ]);
    },
  );
});
