import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { describeError, NotebookError, StorageError, UsageError } from "../../lib/errors.js";
import type { RunEvent } from "../../lib/notebook/events.js";
import { runNotebook } from "../../lib/notebook/runner.js";
import { fileOf, run, scratch } from "./support.js";

/** A process that is not there any more cannot be signalled. */
function alive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)]);
  const state = stdout.toString().trim();
  return state !== "" && !state.startsWith("Z");
}

describe("an executed notebook", () => {
  test("holds streams, displays and values in the order in which they came", async () => {
    const { saved, outputs } = await run([
      { markdown: "# Title" },
      "console.log('one'); console.error('two'); console.log('three'); process.stdout.write(Buffer.from('four é')); 5",
      "import { display, newDisplay } from 'tslab'; display.html('<b>x</b>'); const d = newDisplay(); d.text('1'); console.log('between'); d.text('2'); display.png(new Uint8Array([1, 2]))",
    ]);
    expect(outputs[0]).toEqual([
      { output_type: "stream", name: "stdout", text: "one\n" },
      { output_type: "stream", name: "stderr", text: "two\n" },
      { output_type: "stream", name: "stdout", text: "three\nfour é5\n" },
    ]);
    expect(outputs[1]).toEqual([
      { output_type: "display_data", data: { "text/html": "<b>x</b>" }, metadata: {} },
      { output_type: "display_data", data: { "text/plain": "2" }, metadata: {} },
      { output_type: "stream", name: "stdout", text: "between\n" },
      { output_type: "display_data", data: { "image/png": "AQI=" }, metadata: {} },
    ]);
    expect(saved.cells.map((cell) => cell.cell_type === "code" && cell.execution_count)).toEqual([false, 1, 2]);
    expect(saved.metadata["tslake"]).toMatchObject({ status: "completed", parameters: {} });
  });

  test("catches what reaches the standard streams past JavaScript", async () => {
    const { outputs } = await run([
      "import { spawnSync } from 'node:child_process'; import { writeSync } from 'node:fs';\nspawnSync('echo', ['from a program'], { stdio: 'inherit' }); void writeSync(2, 'raw é');",
    ]);
    expect(outputs[0]).toContainEqual({ output_type: "stream", name: "stdout", text: "from a program\n" });
    expect(outputs[0]).toContainEqual({ output_type: "stream", name: "stderr", text: "raw é" });
  });

  test("keeps large and wide outputs whole", async () => {
    const { outputs } = await run([
      "process.stdout.write('é😀'.repeat(1_000_000)); for (let i = 0; i < 5000; i++) console.log(i);",
    ]);
    const [output] = outputs[0] ?? [];
    const expected = "é😀".repeat(1_000_000) + Array.from({ length: 5000 }, (_, i) => `${i}\n`).join("");
    expect(output?.output_type === "stream" && output.text === expected).toBe(true);
  });

  test("replaces outputs of an earlier run", async () => {
    const { saved } = await run(["1"]);
    const path = join(scratch, "again.ipynb");
    writeFileSync(path, JSON.stringify(saved));
    const again = await runNotebook({ path, output: path });
    expect(again.notebook.cells[0]).toMatchObject({ execution_count: 1, outputs: [{ text: "1\n" }] });
  });

  test("runs in the notebook's folder with the given environment and resolves from there", async () => {
    mkdirSync(join(scratch, "node_modules", "near"), { recursive: true });
    writeFileSync(
      join(scratch, "node_modules", "near", "index.js"),
      "exports.x = 'near'; module.exports.default = 'd';",
    );
    writeFileSync(join(scratch, "beside.json"), '{ "y": 2 }');
    const { outputs } = await run(
      [
        "import { x } from 'near'; import beside from './beside.json';",
        "[x, beside.y, process.cwd(), process.env.HERE]",
      ],
      { env: { HERE: "yes" } },
    );
    expect(outputs[1]).toEqual([
      { output_type: "stream", name: "stdout", text: expect.stringContaining("'near',") as string },
    ]);
    expect(outputs[1]?.[0]).toMatchObject({ text: expect.stringContaining("'yes'") as string });
  });

  test("keeps memory as suits large blocks, unless the user says how", async () => {
    const cell = "[process.env.MALLOC_ARENA_MAX, process.env.MALLOC_TOP_PAD_]";
    const { outputs } = await run([cell], { env: { MALLOC_ARENA_MAX: "7" } });
    expect(JSON.stringify(outputs)).toContain(`[ '7', '${2 ** 26}' ]`);
  });

  test("reports events and metrics while it runs", async () => {
    const events: RunEvent[] = [];
    const path = fileOf(
      { markdown: "# T" },
      "const report = (m: object) => (globalThis as any)[Symbol.for('tslake.report')](m);\nreport({ rows: 2, table: 'a' });",
      "report({ rows: 3 }); console.log('x')",
    );
    const { metrics, millis } = await runNotebook({
      path,
      output: join(scratch, "m.ipynb"),
      onEvent: (e) => events.push(e),
    });
    expect(metrics).toEqual({ rows: 5, table: "a" });
    expect(millis).toBeGreaterThan(0);
    expect(events).toEqual([
      { type: "cell", cell: 2 },
      { type: "line", cell: 2, line: 1 },
      { type: "line", cell: 2, line: 2 },
      { type: "metrics", metrics: { rows: 2, table: "a" } },
      { type: "cell", cell: 3 },
      { type: "line", cell: 3, line: 1 },
      { type: "metrics", metrics: { rows: 3 } },
      { type: "line", cell: 3, line: 1 },
      { type: "stream", cell: 3, name: "stdout", text: "x\n" },
    ]);
  });

  test("does not wait for what the cells left open", async () => {
    const { error } = await run(["setInterval(() => undefined, 1000); 'done'"]);
    expect(error).toBeUndefined();
  });

  test("runs beside another one without mixing anything", async () => {
    const runs = await Promise.all(
      ["a", "b", "c"].map((name) =>
        run([`const me = '${name}';`, "for (let i = 0; i < 50; i++) { console.log(me); await null; }"]),
      ),
    );
    expect(runs.map(({ outputs }) => outputs[1])).toEqual(
      ["a", "b", "c"].map((name) => [{ output_type: "stream", name: "stdout", text: `${name}\n`.repeat(50) }]),
    );
  });
});

describe("parameters", () => {
  const declared = {
    code: "let date = '2023-01-01';\nlet limit: number | null = null; let full = false",
    tags: ["parameters"],
  };

  test("are assigned by a cell after the declaring one", async () => {
    const cells = [{ markdown: "# T" }, declared, "[date, limit, full]"];
    const { saved, outputs } = await run(cells, { parameters: { date: "2023-06-30", limit: 5 } });
    expect(saved.cells[2]).toMatchObject({
      metadata: { tags: ["injected-parameters"] },
      source: 'date = "2023-06-30";\nlimit = 5;',
      execution_count: 2,
    });
    expect(outputs[2]).toMatchObject([{ text: "[ '2023-06-30', 5, false ]\n" }]);
  });

  test("that the notebook does not take stop the run before it starts", async () => {
    const path = fileOf(declared);
    const output = join(scratch, "never.ipynb");
    for (const parameters of [{ dat: "x" }, { limit: "5" }, { full: null }, { limit: Number.NaN }]) {
      await expect(runNotebook({ path, output, parameters })).rejects.toThrow(UsageError);
    }
    expect(existsSync(output)).toBe(false);
  });

  test("do not shift the numbers of the cells below", async () => {
    const { error } = await run([declared, "throw new Error('x')"], { parameters: { full: true } });
    expect(error?.where).toMatchObject({ cell: 2, line: 1 });
  });
});

describe("a cell that fails", () => {
  const failing: readonly [string, string, number, string][] = [
    ["throw", "const a = 1;\nthrow new TypeError(`no`);", 2, "no"],
    ["inside a call", "const f = () => {\n  throw new Error('deep');\n};\n\nf();", 5, "deep"],
    [
      "inside a statement of several lines",
      "[1].map((n) => {\n  if (n > 0)\n    throw new Error('here');\n});",
      3,
      "here",
    ],
    ["after an await", "await null;\nawait new Promise((done) => setTimeout(done, 1));\nnull!.x;", 3, "Cannot read"],
    ["in a native promise", "import { readFile } from 'node:fs/promises';\n\nawait readFile('/no/such');", 3, "ENOENT"],
    ["in a promise that nobody awaits", "1;\nvoid Promise.reject(new Error('lost'));", 2, "lost"],
    [
      "in a callback",
      "await new Promise(() => {\n  setTimeout(() => {\n    throw new Error('late');\n  }, 1);\n});",
      3,
      "late",
    ],
    ["in an import", "const b = 2;\nimport { x } from 'no-such-module';", 2, "no-such-module"],
    ["with a value that is no error", "\nthrow 'text';", 2, "text"],
    ["with undefined", "throw undefined;", 1, "undefined"],
    ["assigning to a constant of an earlier cell", "\nshared = 2;", 2, "constant"],
    ["with unicode before it", "const é = '😀'; ('é' as string); throw new Error('ü');", 1, "ü"],
    ["with too deep a recursion", "const r = (): number => r() + 1;\nr();", 2, "call stack"],
  ];
  test.each(failing)("%s: names cell, line and cause", async (_, source, line, message) => {
    const { error, outputs, saved } = await run([{ markdown: "# T" }, "const shared = 1; 'before'", source, "'after'"]);
    expect(error?.where).toMatchObject({ cell: 3, line });
    expect(error).toHaveProperty("cause.message", expect.stringContaining(message));
    expect(error?.message).toContain(`cell 3 failed at line ${line}: ${source.split("\n")[line - 1]?.trim()}`);
    expect(outputs[0]).toHaveLength(1);
    expect(outputs[1]).toMatchObject([{ output_type: "error", evalue: expect.stringContaining(message) as string }]);
    expect(outputs[2]).toEqual([]);
    expect(saved.cells[2]?.metadata["tslake"]).toEqual({ status: "failed" });
    expect(saved.cells[3]).toMatchObject({ execution_count: null, metadata: {} });
  });

  test("names the column of the innermost frame in the running cell, and the stack names all cells", async () => {
    const { error, outputs } = await run([
      "function f(x: string | null) {\n  return x!.length;\n}",
      "const y: string = 'é';  f(null);",
    ]);
    expect(error?.where).toMatchObject({ cell: 2, line: 1, column: 25 });
    const [output] = outputs[1] ?? [];
    const traceback = output?.output_type === "error" ? output.traceback : [];
    expect(traceback.filter((line) => line.includes("    at "))).toEqual([
      expect.stringMatching(/at f, notebook-\d+\.ipynb cell 1:2:13$/),
      expect.stringMatching(/at notebook-\d+\.ipynb cell 2:1:25$/),
    ]);
  });

  test("keeps the evidence of the library's errors, their causes and whether to try again", async () => {
    const { error } = await run([
      `class StorageError extends Error {
         where = { table: "silver.vendas", version: 12n }; expected = "a free disk"; actual = "a full one"; remedy = "Free it.";
         transient = true; name = "StorageError"; [Symbol.for("tslake.error")] = true;
       }
       throw new StorageError("cannot write", { cause: Object.assign(new RangeError("inner"), { code: "ENOSPC" }) });`,
    ]);
    expect(error?.transient).toBe(true);
    expect(error?.cause).toBeInstanceOf(StorageError);
    expect(error?.cause).toMatchObject({
      where: { table: "silver.vendas", version: 12 },
      expected: "a free disk",
      transient: true,
    });
    expect(error).toMatchObject({ cause: { cause: { name: "RangeError", message: "inner", code: "ENOSPC" } } });
    expect(describeError(error)).toMatch(
      /caused by: cannot write\n {2}at table silver\.vendas, version 12\n[\s\S]*caused by: inner/,
    );
  });

  test("shows outputs before the error", async () => {
    const { outputs } = await run(["console.log('before');\nthrow new Error('x');"]);
    expect(outputs[0]?.map(({ output_type }) => output_type)).toEqual(["stream", "error"]);
  });
});

describe("a process that does not get to its end", () => {
  test.each([
    ["exits", "1;\nprocess.exit(0);", /ended its process \(status 0\) at line 2: process\.exit\(0\)/, {}],
    ["crashes", "1;\nprocess.abort();", /crashed \(SIGABRT\) at line 2/, {}],
    ["is killed", "1;\nprocess.kill(process.pid, 'SIGKILL'); while (true) {}", /was killed at line 2/, {}],
    ["hangs", "1;\nwhile (true) {}", /did not finish within 1\.5 s at line 2: while \(true\)/, { timeoutMs: 1500 }],
    [
      "waits too long",
      "1;\nawait new Promise((done) => setTimeout(done, 60_000));",
      /did not finish within 1\.5 s at line 2/,
      { timeoutMs: 1500 },
    ],
    [
      "never stops printing",
      "1;\nfor (;;) console.log('x'.repeat(100_000));",
      /wrote more .* than a notebook can hold at line 2/,
      {},
    ],
    [
      "waits for nothing",
      "1;\nawait new Promise(() => undefined);",
      /awaits something that never happens at line 2/,
      {},
    ],
    [
      "exhausts the heap",
      "const a: object[] = [];\nwhile (true) a.push(Array(100).fill({}));",
      /(ran out of|used more than 200 MB of) memory at line 2/,
      { maxMemoryMb: 200 },
    ],
    ...(process.platform === "linux"
      ? [
          [
            "exhausts native memory",
            "1;\nconst b = Buffer.alloc(500_000_000, 1); while (b) {}",
            /used more than 300 MB of memory at line 2/,
            { maxMemoryMb: 300 },
          ] as const,
        ]
      : []),
  ] as const)("because it %s is explained and its notebook saved", async (_, source, message, limits) => {
    const { error, outputs } = await run(["'ok'", source, "'never'"], limits);
    expect(error?.message).toMatch(message);
    expect(error?.where).toMatchObject({ cell: 2, line: 2 });
    expect(outputs[0]).toMatchObject([{ text: "ok\n" }]);
    expect(outputs[1]?.at(-1)).toMatchObject({ output_type: "error", ename: "NotebookError" });
    expect(outputs[2]).toEqual([]);
  });

  test("is ended by an abort signal with all that it started", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const { error } = await run(
      [
        "import { spawn } from 'node:child_process';\nconsole.log(spawn('sleep', ['60']).pid, process.pid);\nwhile (true) {}",
      ],
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "stream") pids.push(...event.text.trim().split(" ").map(Number));
          if (event.type === "line" && event.line === 3) controller.abort();
        },
      },
    );
    expect(error?.message).toMatch(/cell 1 was interrupted at line 3/);
    expect(pids).toHaveLength(2);
    expect(pids.filter(alive)).toEqual([]);
  });

  test("does not start when the signal has come already", async () => {
    const { error, outputs } = await run(["'x'"], { signal: AbortSignal.abort() });
    expect(error?.message).toMatch(/was interrupted/);
    expect(outputs[0]).toMatchObject([{ output_type: "error" }]);
  });

  test("leaves nothing behind that holds its streams", async () => {
    const { error, outputs } = await run([
      "import { spawn } from 'node:child_process';\nconst child = spawn('sleep', ['60'], { stdio: 'inherit' }); child.unref(); child.pid",
    ]);
    expect(error).toBeUndefined();
    const [output] = outputs[0] ?? [];
    expect(alive(Number(output?.output_type === "stream" && output.text))).toBe(false);
  });

  test("ends with its runner", async () => {
    const path = fileOf("console.log(process.pid);\nawait new Promise((done) => setTimeout(done, 60_000));");
    const pidFile = join(scratch, "pid");
    // The packages that the runner needs are found from its folder.
    mkdirSync(join(scratch, "runner"));
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(scratch, "runner", "node_modules"), "junction");
    const program = join(scratch, "runner", "runner.cjs");
    const kill = `(event) => {
      if (event.type !== "stream") return;
      writeFileSync(${JSON.stringify(pidFile)}, event.text);
      process.kill(process.pid, "SIGKILL");
    }`;
    buildSync({
      stdin: {
        contents: `import { writeFileSync } from "node:fs"; import { runNotebook } from "./lib/notebook/runner.ts";
          runNotebook({ path: ${JSON.stringify(path)}, output: ${JSON.stringify(`${path}.out`)}, onEvent: ${kill} });`,
        resolveDir: join(import.meta.dirname, "../.."),
      },
      bundle: true,
      platform: "node",
      packages: "external",
      outfile: program,
    });
    spawnSync(process.execPath, [program]);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await expect.poll(() => alive(pid), { timeout: 5000 }).toBe(false);
  });
});

describe("an output that cannot be written", () => {
  test("is found before anything runs", async () => {
    const marker = join(scratch, "marker");
    const path = fileOf(`import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '')`);
    const running = runNotebook({ path, output: join(path, "below-a-file", "x.ipynb") });
    await expect(running).rejects.toThrow(StorageError);
    expect(existsSync(marker)).toBe(false);
  });
});

describe("a notebook that cannot be read", () => {
  test.each([
    ["is missing", undefined, StorageError],
    ["is no JSON", "{", NotebookError],
  ])("because it %s is named", async (_, content, kind) => {
    const path = join(scratch, "broken.ipynb");
    if (content !== undefined) writeFileSync(path, content);
    await expect(runNotebook({ path, output: join(scratch, "o.ipynb") })).rejects.toThrow(kind);
  });
});
