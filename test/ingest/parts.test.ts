import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArchivedNames, archivedName, arrivalOf, cleanName, numbered } from "../../lib/ingest/archive_name.js";
import { parseMembers, valueText } from "../../lib/ingest/json_object.js";
import { isTaken } from "../../lib/ingest/landing.js";
import { LineReader } from "../../lib/ingest/line_reader.js";
import { TextCheck } from "../../lib/ingest/text_check.js";

describe("archived names", () => {
  const at = Date.UTC(2024, 1, 3, 4, 5, 6, 789);

  test("tell the second of arrival, in UTC", () => {
    expect(archivedName("a.csv", at)).toBe("20240203_040506_a.csv");
    expect(arrivalOf("20240203_040506_a.csv")).toBe(Date.UTC(2024, 1, 3, 4, 5, 6));
    expect(arrivalOf("20241303_040506_a.csv")).toBeUndefined();
    expect(arrivalOf("a.csv")).toBeUndefined();
  });

  test("are numbered before their extensions", () => {
    expect(["a.csv", "a.csv.gz", "a", "a.b.ndjson", ".gz", "v1. a"].map((name) => numbered(name, 2))).toEqual([
      "a_2.csv",
      "a_2.csv.gz",
      "a_2",
      "a.b_2.ndjson",
      ".gz_2",
      "v1. a_2",
    ]);
    expect(numbered("a.csv", 1)).toBe("a.csv");
  });

  test("are safe on every platform and never too long", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 300 }), (name) => {
        const clean = cleanName(name);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(200);
        expect(clean).not.toMatch(/[\p{Cc}<>:"/\\|?*]/u);
      }),
    );
  });

  test("of one name are found, and told from names that end in a number themselves", () => {
    const archived = new ArchivedNames([
      "20240203_040506_a.csv",
      "20240203_040506_a_2.csv",
      "20240204_040506_a_2.csv",
      "b_a.csv",
    ]);
    expect(archived.of("a.csv")).toEqual(["20240203_040506_a.csv", "20240203_040506_a_2.csv"]);
    expect(archived.of("a_2.csv")).toEqual(["20240203_040506_a_2.csv", "20240204_040506_a_2.csv"]);
    expect(archived.of("c.csv")).toEqual([]);
    expect(archived.inSecond(at)).toEqual(["20240203_040506_a.csv", "20240203_040506_a_2.csv"]);
    archived.delete("20240203_040506_a.csv");
    expect(archived.of("a.csv")).toEqual([]);
  });
});

describe("names that a contract takes", () => {
  const landing = { source: "s", files: ["registros*.csv", "a.b"] };

  test.each([
    ["registros.csv", true],
    ["registros_2014 (1).csv", true],
    ["registros_2014.csv.gz", true],
    ["registros\n.csv", true],
    ["a.b", true],
    ["axb", false],
    ["Registros.csv", false],
    ["registros.csv.zip", false],
    ["meus registros.csv", false],
  ])("%s: %s", (name, taken) => {
    expect(isTaken(landing, name)).toBe(taken);
  });
});

describe("a JSON object's members", () => {
  test("keep the text of their values", () => {
    const members = parseMembers(' { "a" : 1.10 , "b":"x\\"\\\\","c":[1,{"d":"]}"}],"\\u0064":-0e5,"e":{},"f":""} ');
    expect([...(members ?? [])]).toEqual([
      ["a", "1.10"],
      ["b", '"x\\"\\\\"'],
      ["c", '[1,{"d":"]}"}]'],
      ["d", "-0e5"],
      ["e", "{}"],
      ["f", '""'],
    ]);
  });

  test("as text: content of strings, null for null, all else as it is", () => {
    expect(['"x\\n"', '""', "null", "true", "1.0", "[1]"].map(valueText)).toEqual([
      "x\n",
      "",
      null,
      "true",
      "1.0",
      "[1]",
    ]);
  });

  test.each(["", "{", "[]", "1", '"a"', "null", '{"a":1}x', '{"a":1,"a":2}', '{"a":"\\udc00"}', '{"a":01}'])(
    "are none in %s",
    (text) => {
      expect(parseMembers(text)).toBeUndefined();
    },
  );

  test("are those that JSON.parse finds, for any object however it is spaced", () => {
    const spacing = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), spacing, (object, space) => {
        const members = parseMembers(JSON.stringify(object, undefined, space));
        const back = Object.fromEntries([...(members ?? [])].map(([name, json]) => [name, JSON.parse(json)]));
        expect(back).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  test("are found quickly in a line of many strings", () => {
    const text = `{"a":[${'"x",'.repeat(500_000)}"x"]}`;
    expect(parseMembers(text)?.get("a")).toHaveLength(text.length - 6);
  });
});

describe("the check for UTF-8", () => {
  const check = (bytes: Uint8Array, size: number): void => {
    const text = new TextCheck();
    let line = 1;
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      text.push(chunk, line);
      for (const byte of chunk) if (byte === 10) line++;
    }
    text.finish(line);
  };
  const outcome = (bytes: Uint8Array, size: number): unknown => {
    try {
      return check(bytes, size);
    } catch (error) {
      return { message: (error as Error).message, where: (error as { readonly where: unknown }).where };
    }
  };

  test("lets all text pass, however it is cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (text, size) => {
        fc.pre(!text.includes("\0"));
        expect(outcome(Buffer.from(text), size)).toBeUndefined();
      }),
    );
  });

  test("finds the first wrong byte, however the bytes are cut", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((some) => some.map((byte) => byte || 10));
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        bytes,
        fc.integer({ min: 1, max: 9 }),
        (text, tail, size) => {
          const all = Buffer.concat([Buffer.from(text.replaceAll("\0", "x")), tail]);
          fc.pre(![0xfe, 0xff, 0x1f, 0x50].includes(all[0] ?? 0));
          const decoder = new TextDecoder("utf-8", { fatal: true });
          const isText = ((): boolean => {
            try {
              decoder.decode(all);
              return true;
            } catch {
              return false;
            }
          })();
          const found = outcome(all, size);
          expect(found === undefined).toBe(isText);
          expect(found).toEqual(outcome(all, all.length));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("names line and byte in a large file", () => {
    const bytes = Buffer.concat([
      Buffer.from("é,x\n".repeat(100_000)),
      Buffer.from("ab\xe7", "latin1"),
      Buffer.from("\nx\n"),
    ]);
    expect(() => check(bytes, 1 << 18)).toThrow(expect.objectContaining({ where: { line: 100_001, column: 3 } }));
  });
});

describe("lines", () => {
  test("are the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "é", "\n", "\r\n", "\uFEFF", "日")),
        fc.integer({ min: 3, max: 8 }),
        (parts, size) => {
          const text = parts.join("");
          const found: string[] = [];
          const reader = new LineReader((line, number, ended) => found.push(`${number}:${line}${ended ? "\n" : ""}`));
          const bytes = Buffer.from(text);
          for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
          reader.finish();
          const whole = text.split("\n");
          const last = whole.pop() ?? "";
          const lines = whole.map((line) => `${line.replace(/\r$/, "")}\n`);
          if (last !== "") lines.push(last.replace(/\r$/, ""));
          expect(found).toEqual(lines.map((line, i) => `${i + 1}:${i === 0 ? line.replace(/^\uFEFF/, "") : line}`));
        },
      ),
    );
  });
});
