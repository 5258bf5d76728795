import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatNotebook, readNotebook } from "../../lib/notebook/document.js";
import { runNotebook } from "../../lib/notebook/runner.js";
import { runInKernel } from "./kernel_client.js";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "tslake-shipped-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const launcher = createRequire(import.meta.url)("../../bin/launcher.js") as { bundle(): string };

/** Settings of a lake of its own, fed with the samples, on a stopped clock. */
function workspace(name: string): Record<string, string> {
  const landing = join(scratch, name, "landing");
  cpSync(join(root, "samples", "landing"), landing, { recursive: true });
  return {
    TSLAKE_BUNDLE: launcher.bundle(),
    TSLAKE_LANDING: landing,
    TSLAKE_LAKE: join(scratch, name, "lake"),
    TSLAKE_NOW: "2023-07-15T12:00:00Z",
    TSLAKE_SEED: "1",
    TSLAKE_COMMIT: "1",
  };
}

/** Where the lake lies is the one thing in which the two workspaces differ. */
function normalised(outputs: readonly unknown[], name: string): unknown {
  return JSON.parse(JSON.stringify(outputs).replaceAll(join(scratch, name), "<workspace>"));
}

// A kernel takes several seconds to start, so this runs where time matters less.
describe.skipIf(process.env["CI"] === undefined)("the shipped notebooks", () => {
  let inTslab: Record<string, string>;
  let headless: Record<string, string>;
  beforeAll(() => {
    inTslab = workspace("tslab");
    headless = workspace("headless");
  });

  // The star is loaded from gold's tables: it waits for them.
  describe.each([
    ["bronze", /^/],
    ["silver", /^/],
    ["gold", /^(?!warehouse_)/],
    ["gold", /^warehouse_/],
  ])("of %s (%s)", (layer, which) => {
    const folder = join(root, "notebooks", layer);
    const files = readdirSync(folder).filter((file) => file.endsWith(".ipynb") && which.test(file));

    test.concurrent.each(files)(
      "%s has the same outputs in the kernel and headless",
      { timeout: 300_000 },
      async (file) => {
        const path = join(folder, file);
        const output = join(scratch, "executed", layer, file);
        const [notebook, kernel] = await Promise.all([
          runNotebook({ path, output, env: headless }).then(({ drawn }) => drawn),
          runInKernel(path, folder, inTslab),
        ]);
        expect(formatNotebook(await readNotebook(output))).toBe(formatNotebook(notebook));
        const failed = kernel.find(({ status }) => status !== "ok");
        expect(failed).toBeUndefined();
        const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
        for (const [index, { source, outputs }] of cells.entries()) {
          const expected = { source, outputs: normalised(kernel[index]?.outputs ?? [], "tslab") };
          expect({ source, outputs: normalised(outputs, "headless") }).toEqual(expected);
        }
      },
    );
  });
});
