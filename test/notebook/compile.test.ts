import { describe, expect, test } from "vitest";
import { compileNotebook } from "../../lib/notebook/compile.js";
import { notebookOf, stdout } from "./support.js";

describe("a compiled notebook", () => {
  test("shows the value of a cell's last expression as console.log does, null and undefined not at all", async () => {
    const shown = await stdout(
      "1 + 1",
      "'text'",
      "null",
      "undefined",
      "[1, 2].map((n) => n * 2)",
      "new Map([['a', 1]])",
      "Promise.resolve(5)",
      "await Promise.resolve(5)",
      "await 1; Promise.resolve(5)",
      "3;;",
      "4\ninterface After { a: number }",
      "const x = 5",
      "if (true) { 6 }",
      "7 // comment",
      "process.stdout.write('hi')",
      "1, 2",
      "({ a: 1 })",
    );
    expect(shown).toEqual([
      "2\n",
      "text\n",
      "",
      "",
      "[ 2, 4 ]\n",
      "Map(1) { 'a' => 1 }\n",
      "Promise { 5 }\n",
      "5\n",
      "Promise { 5 }\n",
      "",
      "",
      "",
      "",
      "7\n",
      "hitrue\n",
      "2\n",
      "{ a: 1 }\n",
    ]);
  });

  test("shares what a cell declares with later cells: values, functions, classes, enums, patterns, imports", async () => {
    const shown = await stdout(
      "const a = 1; let b = 2; var c = 3; function f() { return a + b + c; }\nclass K { constructor(readonly q = 4) {} }\nenum E { A, B = a }",
      "const { d, e: [g = 7], ...rest } = { d: 5, e: [], h: 8 };\nimport { join } from 'node:path'; import path, * as all from 'node:path'; import fs = require('node:fs')",
      "JSON.stringify([a, b, c, f(), new K().q, E.B, d, g, rest.h, join === path.join && all.join === join, typeof fs.readFileSync])",
      "b += 10; c++; ({ a, b, c })",
      "const { x = a, b: y } = { b }; [x, y]",
      "[b, c] = [c, b]; ({ b } = { b: 'new' }); [b, c]",
    );
    expect(shown.slice(3)).toEqual(["{ a: 1, b: 12, c: 4 }\n", "[ 1, 12 ]\n", "[ 'new', 12 ]\n"]);
    expect(shown[2]).toBe('[1,2,3,6,4,1,5,7,8,true,"function"]\n');
  });

  test("takes a name declared again for a new variable, which functions of cells between see", async () => {
    const shown = await stdout(
      "const x = 1; const own = () => x;",
      "const seen = () => x;",
      "const x = own() + 1; [own(), seen(), x]",
    );
    expect(shown[2]).toBe("[ 1, 2, 2 ]\n");
  });

  test("keeps a variable of the declaring cell as its functions see it when a later cell assigns to the name", async () => {
    expect(await stdout("let y = 1; const own = () => y;", "y = 2; [y, own()]")).toEqual(["", "[ 2, 1 ]\n"]);
  });

  test("leaves names alone that are local, properties, labels or types", async () => {
    const shown = await stdout(
      "const n = 1; type n = string; interface T { n: n }",
      "const f = (n: number) => n * 2; function g() { const n = 5; { let n = 6; n; } return { n, m: n }; }",
      "const t: T = { n: 'text' }; n: for (const n of [3]) { break n; }\nclass C { n = 4; static n = n; get() { return this.n; } }\ntry { throw 9 } catch (n) { console.log(n); }",
      "JSON.stringify([f(2), g(), t.n, new C().get(), C.n, (function n() { return typeof n; })(), ((v: { n: number }) => v.n)({ n: 8 })])",
    );
    expect(shown[2]).toBe("9\n");
    expect(shown[3]).toBe('[4,{"n":5,"m":5},"text",4,1,"function",8]\n');
  });

  test("does not run anything for types", async () => {
    const shown = await stdout(
      "import type { Stats } from 'no-such-module'; import { type Foo } from 'nor-this'; declare const ghost: Stats; let u: Foo | string = 'a' as string;",
      "(u satisfies unknown)!",
    );
    expect(shown[1]).toBe("a\n");
  });

  test("imports dynamically as TypeScript does for CommonJS", async () => {
    expect(await stdout("const m = await import('node:path'); [typeof m.default.join, typeof m.join]")).toEqual([
      "[ 'function', 'function' ]\n",
    ]);
  });

  test("runs microtasks of a cell before the next one", async () => {
    expect(await stdout("Promise.resolve().then(() => console.log('micro')); 'now'", "'next'")).toEqual([
      "now\nmicro\n",
      "next\n",
    ]);
  });

  test("skips blank cells and numbers all others among all cells", () => {
    const { cells } = compileNotebook(notebookOf({ markdown: "# T" }, "1", "  \n", "2"), "n.ipynb");
    expect(cells.map(({ number }) => number)).toEqual([2, 4]);
  });
});

describe("a notebook that does not compile", () => {
  const refused: readonly [string, string, number, number][] = [
    ["foo((", "Expected `)` but found", 1, 6],
    ["const ok = 1;\nconst é = '😀', a = 1; const a = 2;", "already been declared", 2, 30],
    ["1;\n  export const x = 1", "nothing to export", 2, 3],
    ["import.meta.url", "import.meta", 1, 1],
    ["/** @browser */\n1", "@browser", 1, 5],
    ["return 5", "return", 1, 1],
  ];
  test.each(refused)("%j names cell, line and column", (source, message, line, column) => {
    const compile = () => compileNotebook(notebookOf({ markdown: "# T" }, "1", source), "dir/n.ipynb");
    expect(compile).toThrow(
      expect.objectContaining({
        name: "NotebookError",
        message: expect.stringContaining(message),
        where: { notebook: "dir/n.ipynb", cell: 3, line, column },
        actual: source.split("\n")[line - 1],
      }),
    );
  });
});
