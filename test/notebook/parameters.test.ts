import { describe, expect, test } from "vitest";
import { NotebookError, UsageError } from "../../lib/errors.js";
import { injectParameters, inspectParameters } from "../../lib/notebook/parameters.js";
import { notebookOf } from "./support.js";

const tagged = (code: string) => ({ code, tags: ["parameters"] });
const inspect = (code: string) => inspectParameters(notebookOf({ markdown: "# T" }, tagged(code)), "n.ipynb");

describe("declared parameters", () => {
  test("are listed with type and default", () => {
    const code = `// The day.
      let date = "2023-01-01", limit: number | null = null;
      let mode: "a" | "b" | 3 = "b"; let full = false; let share = -0.5; let name: string = \`x\`;`;
    expect(inspect(code)).toEqual([
      { name: "date", type: "string", default: "2023-01-01" },
      { name: "limit", type: "number | null", default: null },
      { name: "mode", type: '"a" | "b" | 3', default: "b" },
      { name: "full", type: "boolean", default: false },
      { name: "share", type: "number", default: -0.5 },
      { name: "name", type: "string", default: "x" },
    ]);
  });

  test("are none without a tagged cell or in an empty one", () => {
    expect(inspectParameters(notebookOf("let a = 1;"), "n.ipynb")).toEqual([]);
    expect(inspect("// nothing yet")).toEqual([]);
  });

  test.each([
    "const a = 1;",
    "let a = 1 + 1;",
    "let a;",
    "let a = null;",
    "let a: Date = null;",
    "let a: string | Date = 'x';",
    "let a: number = 'x';",
    "let { a } = { a: 1 };",
    "let a = 5n;",
    "let a = /x/;",
    "console.log(1);",
  ])("are nothing else: %s", (code) => {
    const problem = { where: { notebook: "n.ipynb", cell: 2, line: 2, column: 1 }, actual: code };
    expect(() => inspect(`let ok = 1;\n${code}`)).toThrow(expect.objectContaining(problem));
    expect(() => inspect(code)).toThrow(NotebookError);
  });

  test("stand in one cell", () => {
    expect(() => inspectParameters(notebookOf(tagged("let a = 1;"), tagged("let b = 1;")), "n.ipynb")).toThrow(
      "2 cells",
    );
  });
});

describe("given parameters", () => {
  const notebook = notebookOf({ markdown: "# T" }, tagged("let date = 'x'; let limit: number | null = null;"), "date");

  test("go into a cell after the declaring one, in place of older ones", () => {
    const once = injectParameters(notebook, { date: 'a"\n</script>', limit: 5 }, "n.ipynb");
    const twice = injectParameters(once, { limit: null }, "n.ipynb");
    expect(once.cells.map(({ source }) => source)).toEqual([
      "# T",
      "let date = 'x'; let limit: number | null = null;",
      'date = "a\\"\\n</script>";\nlimit = 5;',
      "date",
    ]);
    expect(twice.cells[2]?.source).toBe("limit = null;");
    expect(twice.cells).toHaveLength(4);
    expect(injectParameters(twice, {}, "n.ipynb")).toEqual(notebook);
  });

  test.each([
    [{ dat: "x" }, /has no parameter dat$/, 'dat = "x"'],
    [{ date: 5 }, /cannot take this value of date$/, "date = 5"],
    [{ date: null }, /cannot take/, "date = null"],
    [{ limit: Number.POSITIVE_INFINITY }, /cannot take/, "limit = Infinity"],
    [{ limit: true }, /cannot take/, "limit = true"],
  ])("that are unknown or ill-typed are refused with the valid ones: %j", (values, message, actual) => {
    const inject = () => injectParameters(notebook, values, "n.ipynb");
    expect(inject).toThrow(UsageError);
    expect(inject).toThrow(message);
    expect(inject).toThrow(
      expect.objectContaining({ expected: 'date: string = "x", limit: number | null = null', actual }),
    );
  });
});
