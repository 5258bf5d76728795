import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotebookError, StorageError } from "../../lib/errors.js";
import {
  type Cell,
  clearOutputs,
  formatNotebook,
  type Notebook,
  type Output,
  readNotebook,
  writeNotebook,
} from "../../lib/notebook/document.js";
import { parseNotebook } from "../../lib/notebook/validate.js";
import { run, scratch } from "./support.js";

const text = fc.oneof(fc.string(), fc.constantFrom("", "a\n", "\n\n", "a\r\nb", "é😀\nü"));
const json = fc.jsonValue();
/** Under names of its own: others have a meaning, and a type, in the schema. */
const metadata = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,5}$/), json, { maxKeys: 2 });
const bundle = fc.record(
  { "text/plain": text, "image/svg+xml": text, "image/png": fc.base64String(), "application/json": json },
  { requiredKeys: [] },
);
const output: fc.Arbitrary<Output> = fc.oneof(
  fc.record({ output_type: fc.constant("stream" as const), name: fc.constantFrom("stdout", "stderr"), text }),
  fc.record({ output_type: fc.constant("display_data" as const), data: bundle, metadata }),
  fc.record({ output_type: fc.constant("execute_result" as const), data: bundle, metadata, execution_count: fc.nat() }),
  fc.record({ output_type: fc.constant("error" as const), ename: text, evalue: text, traceback: fc.array(text) }),
);
const cell: fc.Arbitrary<Omit<Cell, "id">> = fc.oneof(
  fc.record({ cell_type: fc.constantFrom("markdown" as const, "raw" as const), metadata, source: text }),
  fc.record({
    cell_type: fc.constant("code" as const),
    metadata,
    source: text,
    execution_count: fc.option(fc.nat()),
    outputs: fc.array(output, { maxLength: 3 }),
  }),
);
const notebook: fc.Arbitrary<Notebook> = fc.tuple(fc.array(cell, { maxLength: 4 }), metadata).map(([cells, meta]) => ({
  cells: cells.map((one, index) => ({ ...one, id: `id-${index}` }) as Cell),
  metadata: meta,
  nbformat: 4,
  nbformat_minor: 5,
}));

describe("a notebook file", () => {
  test("holds any notebook unchanged, in one form", () => {
    fc.assert(
      fc.property(notebook, (value) => {
        const file = formatNotebook(value);
        const read = parseNotebook(file, "n.ipynb");
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
        expect(formatNotebook(read)).toBe(file);
      }),
      { numRuns: 200 },
    );
  });

  test("looks as Jupyter writes it", () => {
    const file = formatNotebook({
      nbformat_minor: 5,
      nbformat: 4,
      metadata: { kernelspec: { name: "tslab", display_name: "TypeScript" } },
      cells: [
        { cell_type: "markdown", id: "a", metadata: {}, source: "# Título\ntext" },
        {
          cell_type: "code",
          id: "b",
          source: "",
          metadata: {},
          execution_count: 1,
          outputs: [{ output_type: "display_data", metadata: {}, data: { "text/plain": "1\n2", "image/png": "AQI=" } }],
        },
      ],
    });
    expect(file).toBe(`{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "a",
   "metadata": {},
   "source": [
    "# Título\\n",
    "text"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "b",
   "metadata": {},
   "outputs": [
    {
     "data": {
      "image/png": "AQI=",
      "text/plain": [
       "1\\n",
       "2"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": []
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "TypeScript",
   "name": "tslab"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`);
  });

  test("of an older minor version is read with ids made up", () => {
    const old = {
      nbformat: 4,
      nbformat_minor: 2,
      metadata: {},
      cells: [{ cell_type: "markdown", metadata: {}, source: ["a\n", "b"] }],
    };
    expect(parseNotebook(JSON.stringify(old), "n")).toEqual({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: [{ cell_type: "markdown", id: "cell-1", metadata: {}, source: "a\nb" }],
    });
  });

  const code = { cell_type: "code", id: "a", metadata: {}, source: "", outputs: [], execution_count: null };
  test.each([
    ["the file", "{", /JSON/],
    ["nbformat", { nbformat: 3 }, "3"],
    ["cells", { cells: {} }, "{}"],
    ["cells[0].cell_type", { cells: [{ ...code, cell_type: "sql" }] }, '"sql"'],
    ["cells[0].source", { cells: [{ ...code, source: ["a", 1] }] }, '["a",1]'],
    ["cells[0].id", { cells: [{ ...code, id: "a b" }] }, '"a b"'],
    ["cells[1].id", { cells: [code, code] }, '"a"'],
    ["cells[0].outputs", { cells: [{ ...code, outputs: undefined }] }, "nothing"],
    [
      "cells[0].outputs[0].name",
      { cells: [{ ...code, outputs: [{ output_type: "stream", name: "x", text: "" }] }] },
      '"x"',
    ],
    ["cells[0].execution_count", { cells: [{ ...code, execution_count: -1 }] }, "-1"],
    ["cells[0].metadata.tags[0]", { cells: [{ ...code, metadata: { tags: [5] } }] }, "5"],
  ])("that is wrong at %s is refused with what was found", (place, change, actual) => {
    const sound = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] };
    const content = typeof change === "string" ? change : JSON.stringify({ ...sound, ...change });
    expect(() => parseNotebook(content, "dir/n.ipynb")).toThrow(
      expect.objectContaining({
        name: "NotebookError",
        message: expect.stringContaining(`: ${place} is not `) as string,
        where: { notebook: "dir/n.ipynb" },
        actual: typeof actual === "string" ? actual : (expect.stringMatching(actual) as string),
      }),
    );
  });

  test("that is missing or cannot be written is named", async () => {
    const missing = join(scratch, "missing.ipynb");
    await expect(readNotebook(missing)).rejects.toThrow(expect.objectContaining({ where: { notebook: missing } }));
    await expect(readNotebook(missing)).rejects.toThrow(StorageError);
    const folder = join(scratch, "folder.ipynb");
    mkdirSync(folder);
    const empty: Notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    await expect(writeNotebook(folder, empty)).rejects.toThrow(StorageError);
    expect(readdirSync(scratch).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    writeFileSync(join(scratch, "text.ipynb"), "text");
    await expect(readNotebook(join(scratch, "text.ipynb"))).rejects.toThrow(NotebookError);
  });
});

describe("clearing outputs", () => {
  test("gives back the notebook as it was before a run", async () => {
    const { saved } = await run([{ markdown: "# T" }, { code: "console.log(1)", tags: ["kept"] }]);
    const cleared = clearOutputs(saved);
    expect(cleared.metadata).toEqual({});
    expect(cleared.cells[1]).toMatchObject({ metadata: { tags: ["kept"] }, execution_count: null, outputs: [] });
    expect(clearOutputs(cleared)).toEqual(cleared);
  });
});

/** The schema that Jupyter's own `nbformat` ships, where that is installed. */
function schema(): object | undefined {
  const find =
    "import nbformat, os; print(os.path.join(os.path.dirname(nbformat.__file__), 'v4', 'nbformat.v4.5.schema.json'))";
  const path = spawnSync(process.env["TSLAKE_TEST_PYTHON"] ?? "python3", ["-c", find])
    .stdout?.toString()
    .trim();
  if (path === undefined || !existsSync(path)) return undefined;
  const { $schema: _, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  return rest;
}

describe.skipIf(schema() === undefined)("against the schema of nbformat 4.5", () => {
  const check = new Ajv({ strict: false }).compile(schema() ?? {});
  const validate = (value: string): unknown => (check(JSON.parse(value)) ? "valid" : check.errors);

  test("any notebook is valid", () => {
    fc.assert(
      fc.property(notebook, (value) => {
        expect(validate(formatNotebook(value))).toBe("valid");
      }),
      { numRuns: 50 },
    );
  });

  test("executed notebooks are valid, also failed ones", async () => {
    const cells = ["import { display } from 'tslab'; display.html('x'); console.log(1); console.error(2)", "throw 1"];
    expect(validate(formatNotebook((await run(cells)).saved))).toBe("valid");
  });
});
