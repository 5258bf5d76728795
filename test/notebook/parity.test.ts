import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { runInKernel } from "./kernel_client.js";
import { fileOf, run, scratch } from "./support.js";

const packageFolder = join(scratch, "node_modules", "shown");
mkdirSync(packageFolder, { recursive: true });
buildSync({
  entryPoints: [join(import.meta.dirname, "../../lib/display.ts")],
  outfile: join(packageFolder, "index.js"),
  bundle: true,
  format: "cjs",
  platform: "node",
});
writeFileSync(
  join(packageFolder, "index.d.ts"),
  "export declare const DISPLAY: unique symbol; export declare function display(v: unknown): Promise<void>; export declare function displayBundle(b: object): void;",
);

/** Cells, each with a kind of thing that notebooks do; one notebook, so later cells see earlier ones. */
const cells = [
  // Values of last expressions.
  "1 + 1",
  "'text'",
  "null",
  "undefined",
  "let u: string = 'a'\nu",
  "[1, 2].map((n) => n * 2)",
  "Array.from({ length: 200 }, (_, i) => i)",
  "({ a: { b: { c: { d: 1 } } }, s: 'x', f: [function named() {}, class K {}] })",
  "new Map([['a', 1]])",
  "12345678901234567890n",
  "new Date(0)",
  "Promise.resolve(5)",
  "await Promise.resolve(5)",
  "await 1; Promise.resolve(5)",
  "3;;",
  "4\ninterface After { a: number }",
  "5; type Trailing = 1;",
  "interface Before { a: number }\n6",
  "'directive'",
  "const x = 5",
  "if (true) { 6 }",
  "7 // comment",
  "process.stdout.write('hi')",
  "('a'.trim(), 2)",
  "let late = 1; late = 2",
  "export {}; 8",
  "// only a comment",
  "(() => {})",
  // Streams.
  "console.log('%s is %d', 'a', 5); console.error('err'); console.log('again'); console.table([{ a: 1 }])",
  "console.group('g'); console.log('in'); console.groupEnd(); 'out'",
  "process.stdout.write(Buffer.from('é😀')); undefined",
  "Promise.resolve().then(() => console.log('micro')); 'now'",
  "await 1; Promise.resolve().then(() => console.log('micro')); 'now'",
  "for (const q of [1, 2]) { console.log(await Promise.resolve(q)); }",
  // Names across cells.
  "const first = 1; const own = () => first; let assigned = 1; const readsOwn = () => assigned; function hoisted() { return first + assigned; }",
  "const between = () => first; assigned = 2; [assigned, readsOwn(), hoisted()]",
  "const first = 2; [own(), between(), first, hoisted()]",
  "assigned++; assigned += 10; [assigned, readsOwn()]",
  "const { a, ...rest } = { a: 1, b: 2, c: 3 }; const [d, , e = 5] = [4, 5]; rest",
  "[a, d, e, { a: a, d: d }]",
  "enum E { A, B = 'b' }\nE",
  "[E.A, E.B]",
  "class K { static n = 1; constructor(public q = 3) {} get double() { return this.q * 2; } }\nnew K()",
  "class L extends K { r = 4 }\n[new L().double, K.n, new L()]",
  "namespaceFree: for (const a of [9]) { if (a) break namespaceFree; }\n((a: number) => a * 2)(a)",
  "async function later<T>(value: T): Promise<T> { await null; return value; }\nfunction* gen() { yield first; }",
  "[await later('v'), ...gen()]",
  "let maybe: number | null = null",
  "maybe === null ? 'null' : maybe.toFixed(2)",
  // Imports.
  "import { readFileSync } from 'node:fs';\nimport path from 'node:path'; import * as os from 'os';\nimport type { Stats } from 'fs';\n[typeof readFileSync, typeof path.join, Object.keys(os).length > 5]",
  "const stats: Stats | null = null; [path.join('a', 'b'), typeof os.EOL, stats]",
  "const m = await import('node:path'); [typeof m.default, typeof m.join]",
  "import { readFileSync as again } from 'fs'; again === readFileSync",
  // Displays.
  "import { display as show, newDisplay } from 'tslab';\nshow.html('<b>x</b>'); const slot = newDisplay(); slot.text('1'); console.log('between'); slot.text('2'); show.png(new Uint8Array([1, 2])); show.raw('application/json', '[1]')",
  "slot.markdown('*3*')",
  "import { DISPLAY, display, displayBundle } from 'shown';\nimport { inspect } from 'node:util';",
  "const rich = { [DISPLAY]: async () => ({ 'text/plain': 'rich', 'text/html': '<i>rich</i>' }), [inspect.custom]: () => 'rich' };\nawait display(rich)",
  "rich",
  "await display('text'); await display({ a: 1 }); displayBundle({ 'text/plain': 'p', 'application/json': { n: 1 } })",
];

describe("a notebook", () => {
  test("has the same outputs in the kernel and headless", { timeout: 60_000 }, async () => {
    const path = fileOf(...cells);
    const [kernel, headless] = await Promise.all([runInKernel(path), run(cells)]);
    expect(headless.error).toBeUndefined();
    const failed = kernel.findIndex(({ status }) => status !== "ok");
    expect({ cell: cells[failed], outputs: kernel[failed]?.outputs }).toEqual({});
    for (const [index, cell] of cells.entries()) {
      expect({ cell, outputs: headless.outputs[index] }).toEqual({ cell, outputs: kernel[index]?.outputs });
    }
  });
});
