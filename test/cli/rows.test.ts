import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRows } from "../../lib/cli/rows.js";
import { formatJson } from "../../lib/pipeline/json.js";
import { type DataType, field } from "../../lib/types.js";

const fields = (
  [
    ["id", "long"],
    ["value", "decimal(38,2)"],
    ["name", "string"],
    ["day", "date"],
    ["tags", { type: "array", elementType: "string", containsNull: false }],
  ] satisfies [string, DataType][]
).map(([name, type]) => field(name, type));
const rows = [
  {
    id: 9007199254740993n,
    value: "12345678901234567890123456789012345.60",
    name: 'a "b", c',
    day: "2023-06-30",
    tags: ["x"],
  },
  { id: -1n, value: "0.00", name: "two\nlines", day: null, tags: [] },
  { id: null, value: null, name: "", day: null, tags: null },
];

describe("rows", () => {
  test("as CSV are exact, and quoted by RFC 4180", () => {
    expect(formatRows(fields, rows, "csv", "")).toBe(
      [
        "id,value,name,day,tags",
        '9007199254740993,12345678901234567890123456789012345.60,"a ""b"", c",2023-06-30,"[""x""]"',
        '-1,0.00,"two\nlines",,[]',
        ',,"",,',
      ].join("\n"),
    );
  });

  test("as JSON keep every digit", () => {
    expect(formatRows(fields, rows, "json", "")).toBe(
      [
        "[",
        '{"id":9007199254740993,"value":"12345678901234567890123456789012345.60","name":"a \\"b\\", c","day":"2023-06-30","tags":["x"]},',
        '{"id":-1,"value":"0.00","name":"two\\nlines","day":null,"tags":[]},',
        '{"id":null,"value":null,"name":"","day":null,"tags":null}',
        "]",
      ].join("\n"),
    );
    expect(formatRows(fields, [], "json", "")).toBe("[]");
  });

  test("as JSON keep what is no JSON number", () => {
    const doubles = [Number.NaN, Infinity, -Infinity, 1.5, null].map((x) => ({ x, xs: [x] }));
    const typed = [field("x", "double"), field("xs", { type: "array", elementType: "double", containsNull: true })];
    expect(JSON.parse(formatRows(typed, doubles, "json", ""))).toEqual(
      ["NaN", "Infinity", "-Infinity", 1.5, null].map((x) => ({ x, xs: [x] })),
    );
  });

  test("as a table cannot command a terminal", () => {
    const text = formatRows([field("a", "string")], [{ a: "\u001b[31mred\u0007\u009b1m" }], "table", "1 rows");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text).toContain("[31mred");
  });

  test("CSV read back gives the same texts", () => {
    const names = ["a", "b"];
    const text = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", "\r", " ", "💶") });
    fc.assert(
      fc.property(fc.array(fc.record({ a: text, b: text }), { maxLength: 5 }), (values) => {
        const csv = formatRows(
          names.map((name) => field(name, "string")),
          values,
          "csv",
          "",
        );
        expect(parseCsv(csv)).toEqual([names, ...values.map(({ a, b }) => [a, b])]);
      }),
    );
  });

  test("JSON read back gives the same values", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(formatJson(value as string))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

/** A reader of RFC 4180 as simple as can be. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const match of `${text}\n`.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))([,\n])/g)) {
    line.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== "\n") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
