import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkspaceCopy } from "../support/copied_workspace.js";
import { type ErrorOutput, type Kernel, type KernelCell, startKernel } from "./kernel_client.js";

/** A workspace of its own, whose library the tests edit. */
const workspace = new WorkspaceCopy();
const gvm = workspace.path("lib", "tables", "gold", "gvm.ts");
const texts = workspace.path("lib", "relation", "print.ts");
let kernel: Kernel;

beforeAll(async () => {
  kernel = await startKernel(workspace.path("notebooks", "gold"), {}, workspace.root);
}, 120_000);
afterAll(async () => {
  await kernel?.close();
  workspace.remove();
});

/** Calls while a file of the library reads otherwise. */
async function edited(file: string, from: string, to: string, use: () => Promise<void>): Promise<void> {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  try {
    await use();
  } finally {
    writeFileSync(file, text);
  }
}

function textOf(cell: KernelCell): string {
  return cell.outputs
    .map((output) => (output.output_type === "stream" ? output.text : JSON.stringify(output)))
    .join("");
}

/** The cell's one error, and nothing else. */
function errorOf(cell: KernelCell): ErrorOutput {
  expect(cell.status).toBe("error");
  const [error, ...others] = cell.outputs;
  expect(others).toEqual([]);
  if (error?.output_type !== "error") throw new Error(JSON.stringify(error));
  return error;
}

describe("the kernel", { timeout: 180_000 }, () => {
  test("gives notebooks the library, its types and its tables", async () => {
    const cell = await kernel.execute('import { DISPLAY, lake } from "tslake";\nimport { gold } from "tslake/tables";');
    expect(cell).toEqual({ status: "ok", outputs: [] });
    expect(textOf(await kernel.execute("gold.gvm.name"))).toBe("gold.gvm\n");
  });

  test("completes table names, columns and texts", async () => {
    expect((await kernel.complete("lake.read(gold.gv")).matches).toEqual(["gvm"]);
    expect((await kernel.complete("lake.read(gold.gvm).filter((t) => t.")).matches).toContain("processed_date");
    const inText = 'lake.read(gold.gvm).select(["proc';
    expect(await kernel.complete(inText)).toMatchObject({
      matches: ["processed_date"],
      cursor_start: inText.length - "proc".length,
    });
  });

  test("runs a cell with the library as it is then, without importing it again", async () => {
    await edited(gvm, "description:", "description: 'Edited. ' +", async () => {
      expect(textOf(await kernel.execute("gold.gvm.description"))).toMatch(/^Edited\. /);
    });
    expect(textOf(await kernel.execute("gold.gvm.description"))).not.toMatch(/^Edited/);
  });

  test("knows the types as they are then", async () => {
    const cell = "lake.read(gold.gvm).extend((t) => ({ a: t.another })).columnNames.length";
    expect(errorOf(await kernel.execute(cell)).evalue).toMatch(/^TS2339: Property 'another' does not exist/);
    await edited(gvm, "total_value:", "another: date(), total_value:", async () => {
      expect(await kernel.execute(cell)).toMatchObject({ status: "ok" });
    });
    expect(errorOf(await kernel.execute(cell)).evalue).toMatch(/^TS2339: /);
  });

  test("keeps what an edited file has not made", async () => {
    await kernel.execute("const kept = lake.read(gold.gvm).filter((t) => t.total_value.gt(1));");
    await edited(gvm, "description:", "description: 'Edited. ' +", async () => {
      const cell = await kernel.execute("kept.extend((t) => ({ a: t.total_value.plus(1) })).columnNames.length");
      expect(cell).toMatchObject({ status: "ok" });
    });
  });

  test("says where the library does not build, until it does", async () => {
    await edited(texts, "\n", "\nconst = 1;\n", async () => {
      for (const _ of [1, 2]) {
        expect(errorOf(await kernel.execute("1"))).toMatchObject({
          ename: "BuildError",
          evalue: expect.stringMatching(/^lib\/relation\/print\.ts:2:7: error: /),
        });
      }
    });
    expect(textOf(await kernel.execute("gold.gvm.name"))).toBe("gold.gvm\n");
  });

  test("says where the library throws while it loads, until it does not", async () => {
    await edited(gvm, "description:", "description: JSON.parse('{'),\n  d:", async () => {
      for (const _ of [1, 2]) {
        const error = errorOf(await kernel.execute("1"));
        expect(error.ename).toBe("SyntaxError");
        expect(error.traceback.join("\n")).toMatch(/at lib\/tables\/gold\/gvm\.ts:\d+:\d+/);
      }
    });
    expect(textOf(await kernel.execute("gold.gvm.name"))).toBe("gold.gvm\n");
  });

  test("refuses a misspelt column with line and column, and what null checks refuse", async () => {
    const misspelt = errorOf(await kernel.execute("\nlake.read(gold.gvm)\n  .filter((t) => t.purchase.gt(1n));"));
    expect(misspelt).toMatchObject({ ename: "TypeScriptError", evalue: expect.stringContaining("'purchase'") });
    expect(misspelt.traceback.slice(0, 3)).toEqual([
      expect.stringMatching(/^TypeScriptError at line 3, column 20: TS2551: /),
      "      .filter((t) => t.purchase.gt(1n));",
      "                       ~~~~~~~~",
    ]);
    const nullable = "const rows = [1].find((n) => n > 1);\nrows.toFixed();";
    expect(errorOf(await kernel.execute(nullable)).evalue).toMatch(/^TS18048: /);
  });

  test("shows name, message and line of what a cell throws, once", async () => {
    const cell =
      "interface Gone { a: number }\n\nconst check = (n: number): number => {\n  if (n > 2) throw new RangeError('too big');\n  return n;\n};";
    await kernel.execute(cell);
    const error = errorOf(await kernel.execute("\ntype Also = 1;\ncheck(3);"));
    expect(error).toMatchObject({ ename: "RangeError", evalue: "too big" });
    expect(error.traceback).toEqual([
      "RangeError: too big",
      "at line 3: check(3);",
      expect.stringMatching(/^ {4}at check, notebook cell \[\d+\]:4:20$/),
      expect.stringMatching(/^ {4}at notebook cell \[\d+\]:3:1$/),
    ]);
    expect(errorOf(await kernel.execute("throw 'text'"))).toMatchObject({ evalue: "text" });
    const awaited = errorOf(await kernel.execute("await null;\nawait Promise.reject(new Error('later'));"));
    expect(awaited.traceback.slice(0, 2)).toEqual([
      "Error: later",
      "at line 2: await Promise.reject(new Error('later'));",
    ]);
  });

  test("aborts the cells sent with one that fails, and executes the next", async () => {
    const statuses = await kernel.executeAll("throw new Error('first')", "globalThis.x = 1", "globalThis.x = 2");
    expect(statuses).toEqual(["error", "aborted", "aborted"]);
    expect(textOf(await kernel.execute("'next'"))).toBe("next\n");
  });

  test.each([
    "while (true) {}",
    "await new Promise(() => {})",
    "await null;\nfor (;;);",
    "await new Promise((resolve) => setTimeout(resolve, 10));\nfor (;;) { try { for (;;); } catch {} }",
    "const { DISPLAY } = await import('tslake');\n({ [DISPLAY]: () => new Promise(() => {}) })",
    "const later = setInterval(() => { clearInterval(later); for (;;); }, 10);\nawait new Promise(() => {})",
  ])("interrupts %s", async (code) => {
    const cell = kernel.execute(code);
    await setTimeout(1500);
    // Jupyter may send the signal more than once.
    kernel.interrupt();
    await setTimeout(50);
    kernel.interrupt();
    expect(errorOf(await cell)).toMatchObject({ ename: "Interrupted" });
    expect(textOf(await kernel.execute("'alive'"))).toBe("alive\n");
    expect(textOf(await kernel.execute("await new Promise((resolve) => setTimeout(resolve, 10)); 'awaits'"))).toBe(
      "awaits\n",
    );
  });

  test("keeps what it knows when it is interrupted while it does nothing, and while it compiles", async () => {
    kernel.interrupt();
    await setTimeout(100);
    const compiling = kernel.execute("import { gold as again } from 'tslake/tables';\nagain.gvm.name");
    for (const _ of [1, 2, 3]) {
      kernel.interrupt();
      await setTimeout(20);
    }
    await compiling;
    expect(textOf(await kernel.execute("gold.gvm.name"))).toBe("gold.gvm\n");
  });

  test("does not start a cell that is interrupted while it compiles", async () => {
    const lines = Array.from({ length: 3000 }, (_, line) => `const name${line}: string = gold.gvm.name;`);
    const cell = kernel.execute(["globalThis.hasStarted = true;", ...lines].join("\n"));
    await setTimeout(500);
    kernel.interrupt();
    expect(errorOf(await cell)).toMatchObject({ ename: "Interrupted" });
    expect(textOf(await kernel.execute("'hasStarted' in globalThis"))).toBe("false\n");
  });

  test("tells how far long work is, and takes the line away at its end", async () => {
    const slowLake = [
      'import { Catalog, defineTable, Lake as ALake, long, MemoryStorage } from "tslake";',
      "const storage = new MemoryStorage();",
      "const at = storage.at.bind(storage);",
      "const list = () => new Promise<never[]>((resolve) => setTimeout(() => resolve([]), 1700));",
      "storage.at = (path) => Object.assign(at(path), { list });",
      "const empty = defineTable('gold.empty', { description: 'A', grain: 'a', columns: { a: long() } });",
      "const slow = new ALake({ storage, catalog: new Catalog([empty]), timeZone: 'UTC' });",
    ];
    expect(await kernel.execute(slowLake.join("\n"))).toEqual({ status: "ok", outputs: [] });
    const cell = await kernel.execute("(await slow.read(empty).collect()).length");
    expect(cell).toEqual({ status: "ok", outputs: [{ output_type: "stream", name: "stdout", text: "0\n" }] });
    expect(kernel.progress.slice(0, -1).join("\n")).toMatch(/^(collecting rows · \d+ s\n?)+$/);
    expect(kernel.progress.at(-1)).toBe("");
  });
});
