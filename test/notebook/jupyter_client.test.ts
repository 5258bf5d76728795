import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const python = process.env["TSLAKE_TEST_PYTHON"];
const root = join(import.meta.dirname, "../..");

describe.skipIf(python === undefined)("the kernel with jupyter_client (TSLAKE_TEST_PYTHON)", () => {
  test("is ready soon, answers as the protocol says, and ends when it is asked to", { timeout: 120_000 }, () => {
    const job = {
      argv: [process.execPath, join(root, "bin", "kernel.js"), "{connection_file}"],
      cwd: join(root, "notebooks", "gold"),
      cells: ["const one = 1;", "throw new RangeError('two')", "one + 1", "one.two"],
    };
    const { stdout, stderr } = spawnSync(python ?? "", [join(import.meta.dirname, "run_in_client.py")], {
      input: JSON.stringify(job),
      encoding: "utf8",
      env: { ...process.env, TSLAKE_BUNDLE: undefined },
    });
    expect(stderr.replaceAll(/^.*Warning.*\n(?: .*\n)*/gm, "")).toBe("");
    const { cells, ready, ended } = JSON.parse(stdout) as { cells: object[]; ready: number; ended: number };
    const done = { status: "ok", ename: null, evalue: null };
    expect(cells).toEqual([
      { reply: { ...done, execution_count: 1 }, errors: [], stderr: [] },
      {
        reply: { status: "error", execution_count: 2, ename: "RangeError", evalue: "two" },
        errors: ["RangeError"],
        stderr: [],
      },
      { reply: { ...done, execution_count: 3 }, errors: [], stderr: [] },
      {
        reply: expect.objectContaining({ status: "error", execution_count: 4, ename: "TypeScriptError" }),
        errors: ["TypeScriptError"],
        stderr: [],
      },
    ]);
    // At rest these are less than three seconds and one; the machines of tests are busy.
    expect(ready).toBeLessThan(30);
    expect(ended).toBeLessThan(10);
  });
});
