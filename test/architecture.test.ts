import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** Folders of lib by level: each imports lower levels only. */
const LEVELS: Readonly<Record<string, number>> = {
  relation: 1,
  storage: 1,
  picture: 1,
  chart: 2,
  contract: 2,
  delta: 3,
  engine: 3,
  delta_table: 4,
  lake: 5,
  history: 6,
  ingest: 6,
  notebook: 6,
  quality: 6,
  warehouse: 6,
  pipeline: 7,
  report: 8,
  cli: 11,
};
const TOP_FILES = ["index", "settings", "workspace"];
const FREE_FILES = ["clock", "display", "errors", "progress", "run", "types"];
/** What the contracts of this lake may import. */
const FOR_TABLES = ["contract", "relation"];
const ROOMS = [...Object.keys(LEVELS), "tables"];
const BIOME = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

/** Sources that break a rule, by the file that they stand in; the linter's answer is read once for all. */
const wrong = new Map<string, string>();
const findings = new Map<string, Set<string>>();
const scratch = mkdtempSync(join(tmpdir(), "tslake-architecture-"));

function example(file: string, lines: readonly string[]): void {
  wrong.set(file, `${lines.join("\n")}\n`);
}

/** The categories of what the linter found in a line (from 1) of an example. */
function found(file: string, line: number): string[] {
  return [...(findings.get(`${file}:${line}`) ?? [])];
}

for (const room of ROOMS) {
  example(
    `lib/${room}/from_top.ts`,
    ROOMS.map((other) => `import { a${other} } from "../${other}/x.js"; a${other}();`),
  );
  example(
    `lib/${room}/deep/er.ts`,
    ROOMS.map((other) => `import { a${other} } from "../../${other}/x.js"; a${other}();`),
  );
  example(
    `lib/${room}/upwards.ts`,
    [...TOP_FILES, ...FREE_FILES].map((file) => `import { a${file} } from "../${file}.js"; a${file}();`),
  );
  example(`lib/${room}/polars.ts`, [`import pl from "nodejs-polars"; pl.col("a");`]);
}
example("lib/engine/polars/polars.ts", [`import pl from "nodejs-polars"; pl.col("a");`]);
example("lib/delta/io.ts", [
  `import { readFileSync } from "node:fs"; readFileSync("a");`,
  `import { rm } from "node:fs/promises"; await rm("a");`,
]);
const CLOCKS = [
  "Date.now()",
  "new Date()",
  "Math.random()",
  "performance.now()",
  "randomUUID()",
  "crypto.randomUUID()",
  "process.hrtime.bigint()",
];
example("lib/lake/clocks.ts", [
  "declare function randomUUID(): string;",
  ...CLOCKS.map((call, i) => `export const c${i} = ${call};`),
]);
for (const file of FREE_FILES) {
  const imports = ROOMS.map((room) => `import { a${room} } from "./${room}/x.js"; a${room}();`);
  example(`lib/${file}.ts`, [...imports, ...CLOCKS.map((call, i) => `export const c${i} = ${call};`)]);
}
example("lib/lake/times.ts", [`export const day = new Date(Date.parse("2020-01-01"));`]);
example("lib/lake/promises.ts", ["async function work(): Promise<void> {}", "work();"]);
example("lib/lake/loose.ts", [
  "export const a: any = 1;",
  "export default a;",
  "console.log(a);",
  `export * from "./promises.js";`,
]);

beforeAll(() => {
  for (const item of ["biome.json", ".biome", ".gitignore"]) cpSync(item, join(scratch, item), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(scratch, "node_modules"), "junction");
  for (const [file, source] of wrong) {
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    writeFileSync(join(scratch, file), source);
  }
  const { stdout } = spawnSync(process.execPath, [BIOME, "lint", "--reporter=json", "--max-diagnostics=none", "lib"], {
    cwd: scratch,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
  };
  for (const { category, location } of diagnostics) {
    const place = `${location.path}:${location.start.line}`;
    findings.set(place, (findings.get(place) ?? new Set()).add(category));
  }
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the linter", () => {
  test("knows every folder of the library", () => {
    const folders = readdirSync("lib", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).filter((name) => !ROOMS.includes(name))).toEqual([]);
    const files = readdirSync("lib").filter((name) => name.endsWith(".ts"));
    const known = [...TOP_FILES, ...FREE_FILES].map((name) => `${name}.ts`);
    expect(files.filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(ROOMS)("lets %s import lower rooms only", (room) => {
    const allowed = (other: string): boolean =>
      other === room || (room === "tables" ? FOR_TABLES.includes(other) : (LEVELS[other] ?? 9) < (LEVELS[room] ?? 0));
    const expected = ROOMS.map((other) => `${other}: ${allowed(other) || room === "cli" ? "allowed" : "refused"}`);
    for (const file of ["from_top.ts", "deep/er.ts"]) {
      const actual = ROOMS.map(
        (other, index) => `${other}: ${isRestricted(`lib/${room}/${file}`, index + 1) ? "refused" : "allowed"}`,
      );
      expect(actual, file).toEqual(expected);
    }
  });

  test.each(ROOMS)("keeps the library's surface out of %s", (room) => {
    const refused = [...TOP_FILES, ...FREE_FILES].filter((_, index) =>
      isRestricted(`lib/${room}/upwards.ts`, index + 1),
    );
    expect(refused).toEqual(TOP_FILES.filter((file) => room !== "cli" && !(room === "tables" && file === "index")));
  });

  test.each(FREE_FILES)("lets lib/%s.ts import no room", (file) => {
    expect(ROOMS.filter((_, index) => !isRestricted(`lib/${file}.ts`, index + 1))).toEqual([]);
  });

  test("lets the Polars engine alone import Polars", () => {
    expect(ROOMS.filter((room) => !isRestricted(`lib/${room}/polars.ts`, 1))).toEqual([]);
    expect(isRestricted("lib/engine/polars/polars.ts", 1)).toBe(false);
  });

  test("keeps input and output out of delta", () => {
    expect([1, 2].map((line) => isRestricted("lib/delta/io.ts", line))).toEqual([true, true]);
  });

  test("lets clock.ts alone read the clock or make random ids", () => {
    expect(CLOCKS.filter((_, index) => !found("lib/lake/clocks.ts", index + 2).includes("plugin"))).toEqual([]);
    const readers = FREE_FILES.filter((file) => !found(`lib/${file}.ts`, ROOMS.length + 1).includes("plugin"));
    expect(readers).toEqual(["clock"]);
    expect(found("lib/lake/times.ts", 1)).toEqual([]);
  });

  test("refuses promises that nobody waits for, any, default exports, console and export *", () => {
    expect(found("lib/lake/promises.ts", 2)).toContain("lint/nursery/noFloatingPromises");
    expect(found("lib/lake/loose.ts", 1)).toContain("lint/suspicious/noExplicitAny");
    expect(found("lib/lake/loose.ts", 2)).toContain("lint/style/noDefaultExport");
    expect(found("lib/lake/loose.ts", 3)).toContain("lint/suspicious/noConsole");
    expect(found("lib/lake/loose.ts", 4)).toContain("lint/performance/noReExportAll");
  });
});

function isRestricted(file: string, line: number): boolean {
  return found(file, line).includes("lint/style/noRestrictedImports");
}
