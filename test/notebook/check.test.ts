import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkCells, checkNotebooks } from "../../lib/notebook/check.js";
import { formatNotebook } from "../../lib/notebook/document.js";
import { type CellSpec, notebookOf } from "./support.js";

const project = join(import.meta.dirname, "../..");
const root = mkdtempSync(join(tmpdir(), "tslake-check-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

mkdirSync(join(root, "lib"));
mkdirSync(join(root, "node_modules"));
for (const name of ["typescript", "@typescript", "@types", "undici-types"]) {
  symlinkSync(join(project, "node_modules", name), join(root, "node_modules", name), "junction");
}
mkdirSync(join(root, "node_modules", "shapes"));
writeFileSync(
  join(root, "node_modules", "shapes", "index.d.ts"),
  "export interface Shape { side: number }\nexport declare const unit: Shape;\nexport declare function f(): void;",
);
writeFileSync(join(root, "node_modules", "shapes", "package.json"), '{ "name": "shapes", "types": "index.d.ts" }');
writeFileSync(join(root, "package.json"), "{}");
cpSync(join(project, "tsconfig.json"), join(root, "tsconfig.json"));

let files = 0;
function write(...cells: readonly CellSpec[]): string {
  const path = join(root, "notebooks", "gold", `n${++files}.ipynb`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatNotebook(notebookOf(...cells)));
  return path;
}

async function check(...cells: readonly CellSpec[]): Promise<string[]> {
  const found = await checkCells(root, [write(...cells)]);
  return found.map(({ cell, line, column, message }) => `cell ${cell}, ${line}:${column}: ${message}`);
}

describe("type-checking cells", () => {
  test("finds nothing in cells that are right", async () => {
    const found = await check(
      { code: "let date = '2023-01-01';\nlet limit: number | null = null;", tags: ["parameters"] },
      "import { type Shape, unit } from 'shapes';\nconst unused = 1;",
      "const side = limit === null ? unit.side : limit.toFixed(0);\nconst shape: Shape = unit; await Promise.resolve(shape);",
      "side",
      "import { unit, f } from 'shapes'; f(); unit",
    );
    expect(found).toEqual([]);
  });

  test("names cell, line and column in each of several notebooks", async () => {
    const first = write({ markdown: "# T" }, "const a: number = 1;", "\n  a.lenght;", "a.toFixed('x')");
    const second = write("import { unit } from 'shapes';", "unit.sid");
    const found = await checkCells(root, [first, second]);
    expect(found.map(({ notebook, cell, line, column }) => [notebook, cell, line, column])).toEqual([
      [first, 3, 2, 5],
      [first, 4, 1, 11],
      [second, 2, 1, 6],
    ]);
    expect(found[2]?.message).toMatch(/TS2551.*'sid'.*'side'/);
  });

  test("lets a name be declared again with another type", async () => {
    const found = await check(
      "const x = 1; type T = number; const f = () => x.toFixed();",
      "const x = 'text'; type T = string; import { unit } from 'shapes';",
      "const t: T = x; t.length; f(); x.toFixed(); unit.side",
      "const x = [1]; const t = x; t.push(2); x.toFixed()",
    );
    expect(found).toEqual([
      "cell 3, 1:34: TS2551: Property 'toFixed' does not exist on type '\"text\"'. Did you mean 'fixed'?",
      "cell 4, 1:42: TS2339: Property 'toFixed' does not exist on type 'number[]'.",
    ]);
  });

  test("does not let a cell use what a later one declares", async () => {
    const found = await check(
      "const f = () => later;\ntypeof fetch('x')",
      "const later = 1; const fetch = 2; f(); fetch",
    );
    expect(found).toEqual(["cell 1, 1:17: TS2304: Cannot find name 'later'."]);
  });

  test("keeps errors of hoisted imports in their cells", async () => {
    const found = await check(
      "const a = 1; a",
      "const a = 2; a;\n  import { unit,\n nope } from 'shapes'; unit.side; nope",
    );
    expect(found).toEqual(["cell 2, 3:2: TS2305: Module '\"shapes\"' has no exported member 'nope'."]);
  });

  test("finds files beside the notebook", async () => {
    mkdirSync(join(root, "notebooks", "gold"), { recursive: true });
    writeFileSync(join(root, "notebooks", "gold", "beside.ts"), "export const beside: number = 1;");
    expect(await check("import { beside } from './beside.js'; beside.length")).toEqual([
      "cell 1, 1:46: TS2339: Property 'length' does not exist on type 'number'.",
    ]);
  });

  test("reports a syntax error of one notebook beside the type errors of another", async () => {
    const found = await checkCells(root, [write("1", "foo(("), write("const s: string = 1; s")]);
    expect(found.map(({ cell, line, column }) => [cell, line, column])).toEqual([
      [2, 1, 6],
      [1, 1, 7],
    ]);
  });

  test("finds what tslab cannot run: a name of an earlier cell in a shorthand property", async () => {
    expect(await check("const a = 1;", "const b = 2;\nconst both = { a, b }; both; { const a = 3; ({ a }); }")).toEqual(
      ["cell 2, 2:16: tslab does not find a, of an earlier cell, in a shorthand property: write a: a"],
    );
  });

  test("counts columns as editors do", async () => {
    expect(await check("const é = '😀'; const n: number = é;")).toEqual([
      "cell 1, 1:23: TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
  });

  test("takes all notebooks of a folder", async () => {
    const all = await checkNotebooks(join(root, "notebooks"));
    expect(all.length).toBeGreaterThan(3);
    expect(all).toContainEqual(expect.stringMatching(/^notebooks.gold.n2\.ipynb cell 3, 2:5: TS/));
  });
});

describe("what is remembered of a check", () => {
  const cache = join(root, "node_modules", ".cache", "tslake", "check");
  const results = () => (existsSync(cache) ? readdirSync(cache).length : 0);

  test("holds until the cells, the library or the settings change", async () => {
    const notebook = write("const q: number = 'a'; q");
    const first = await checkCells(root, [notebook]);
    const known = results();
    expect(await checkCells(root, [notebook])).toEqual(first);
    expect(results()).toBe(known);
    writeFileSync(join(root, "lib", "changed.ts"), "export {};");
    await checkCells(root, [notebook]);
    expect(results()).toBe(known + 1);
    writeFileSync(notebook, formatNotebook(notebookOf("const q: string = 'a'; q")));
    expect(await checkCells(root, [notebook])).toEqual([]);
  });

  test("leaves no scratch folders", () => {
    expect(readdirSync(join(cache, "..")).filter((name) => name.startsWith(".check"))).toEqual([]);
  });
});
