import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinFields, splitRecord } from "../../lib/ingest/csv_record.js";
import type { CsvScan, ScannedRecord } from "../../lib/ingest/csv_records.js";
import { CsvScanner, RECORD_LIMIT } from "../../lib/ingest/scan_csv.js";
import { parseCsv } from "../oracle/csv.js";

function scan(text: string | Uint8Array, chunkSize = 1 << 16): CsvScan {
  const scanner = new CsvScanner({ header: () => undefined });
  feed(scanner, text, chunkSize);
  return scanner.finish();
}

function records(text: string, chunkSize = 1 << 16): readonly ScannedRecord[] {
  const found: ScannedRecord[] = [];
  const scanner = new CsvScanner({ header: () => undefined, record: (record) => found.push(record) });
  feed(scanner, text, chunkSize);
  scanner.finish();
  return found;
}

function feed(scanner: CsvScanner, text: string | Uint8Array, chunkSize: number): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkSize) scanner.push(bytes.subarray(at, at + chunkSize));
}

/** Where each record of a scan begins. */
function linesOf({ records: count, lines, skip }: CsvScan): readonly number[] {
  const all = lines === undefined ? Array.from({ length: count }, (_, i) => i + 2) : [...lines];
  return all.filter((_, i) => !skip.includes(i));
}

describe("the scan of a CSV file", () => {
  test("counts the records below the header without looking into them", () => {
    const found = scan("a,b\n1,2\n3,4\n");
    expect(found).toEqual({
      header: ["a", "b"],
      records: 2,
      skip: [],
      blank: 0,
      corrupt: [],
      lines: undefined,
      plain: true,
    });
  });

  test("takes CRLF, and a last line without its end when it has all its fields", () => {
    const found = scan('a,b\r\n1,"2"\r\n3,4');
    expect(found).toMatchObject({ header: ["a", "b"], records: 2, plain: true });
  });

  test("takes a header alone, with or without line end", () => {
    expect(scan("a,b\n")).toMatchObject({ header: ["a", "b"], records: 0 });
    expect(scan("a,b")).toMatchObject({ header: ["a", "b"], records: 0 });
  });

  test("leaves a byte order mark out of the first name, quoted or not", () => {
    expect(scan("\uFEFFa,b\n1,2\n").header).toEqual(["a", "b"]);
    expect(scan('\uFEFF"a",b\n1,2\n')).toMatchObject({ header: ["a", "b"], plain: true });
  });

  test("knows separators and line breaks inside quotes from others, and counts lines", () => {
    const found = scan('a,b\n"x\n1,2\n3,4",""""\n5,6\n');
    expect(found).toMatchObject({ records: 2, skip: [], plain: true });
    expect([...(found.lines ?? [])]).toEqual([2, 5]);
  });

  test("keeps rows with too few or too many fields as they came, with their lines", () => {
    const found = scan('a,b\n1\n1,2\n\n1,2,"3\n4"\r\n5,6\n');
    expect(found.corrupt).toEqual([
      { line: 2, text: "1" },
      { line: 5, text: '1,2,"3\n4"' },
    ]);
    expect(found).toMatchObject({ records: 5, blank: 1, skip: [0, 2, 3] });
    expect([...(found.lines ?? [])]).toEqual([2, 3, 4, 5, 7]);
  });

  test("a blank line is no row, in a file of one column neither", () => {
    expect(scan("a\n1\n\n\r\n2\n")).toMatchObject({ records: 4, blank: 2, skip: [1, 2] });
    expect(linesOf(scan("\n\r\na,b\n1,2\n"))).toEqual([4]);
  });

  test("keeps a row with text after a closing quote, and says that other readers may differ", () => {
    const found = scan('a,b\n"x"y,2\n"x" ,2\n3,4\n');
    expect(found.plain).toBe(false);
    expect(found.corrupt.map((record) => record.line)).toEqual([2, 3]);
  });

  test.each([
    ["a quote inside a field", 'a,b\n5" x,2\n'],
    ["a carriage return inside a field", "a,b\n1\r2,3\n"],
    ["a carriage return after a closing quote", 'a,b\n"1"\r2,3\n'],
    ["a quote in a name", '"a ""x""",b\n1,2\n'],
  ])("says that other readers may differ: %s", (_, text) => {
    expect(scan(text)).toMatchObject({ plain: false });
  });

  test.each([
    ["an empty file", "", "the file is empty: it has no header", 1],
    ["nothing but line ends", "\n\r\n\n", "the file is empty: it has no header", 1],
    ["an open quote", 'a,b\n1,2\n3,"4\n5,6\n', "a quoted field is still open at the end of the file", 3],
    ["an open quote in the header", 'a,"b\n1,2\n', "a quoted field is still open at the end of the file", 1],
    [
      "a last line cut off",
      "a,b,c\n1,2,3\n4,5",
      "the last line is cut off: it has neither a line end nor all its fields",
      3,
    ],
    ["text after a quote in the header", '"a"x,b\n1,2\n', "the header has text after a closing quote", 1],
  ])("refuses %s, with the line", (_, text, message, line) => {
    expect(() => scan(text)).toThrow(expect.objectContaining({ message, where: { line } }));
  });

  test("a last line without its end and with too many fields is a corrupt row", () => {
    expect(scan("a,b\n1,2,3").corrupt).toEqual([{ line: 2, text: "1,2,3" }]);
  });

  test("refuses a line that fits into no memory, without reading all of it", () => {
    const scanner = new CsvScanner({ header: () => undefined });
    const chunk = Buffer.alloc(1 << 18, "x");
    let pushed = 0;
    const pushAll = () => {
      scanner.push(Buffer.from("a,b\n1,2\n"));
      for (; pushed < 200 << 20; pushed += chunk.length) scanner.push(chunk);
    };
    expect(pushAll).toThrow(expect.objectContaining({ message: "a record is longer than 16 MiB", where: { line: 3 } }));
    expect(pushed).toBeLessThanOrEqual(RECORD_LIMIT + chunk.length);
  });

  test("names the quote behind a record without end", () => {
    const text = `a,b\n1,2\n3,"${"4\n".repeat(RECORD_LIMIT / 2 + 8)}`;
    expect(() => scan(text)).toThrow(
      expect.objectContaining({ actual: "a quote opened in line 3 that is not closed" }),
    );
  });

  test("hands rows to a second pass when too much of a file is corrupt", () => {
    const line = `${"x".repeat(1 << 20)}\n`;
    const found = scan(`a,b\n${line.repeat(9)}`);
    expect(found).toMatchObject({ plain: false, records: 9 });
    expect(found.corrupt.length).toBeLessThan(9);
  });

  test("is the same however the bytes are cut", () => {
    fc.assert(
      fc.property(wildText(), fc.integer({ min: 3, max: 9 }), (text, chunkSize) => {
        const outcome = (size: number): unknown => {
          try {
            return [scan(text, size), records(text, size)];
          } catch (error) {
            return [(error as Error).message, (error as { where?: unknown }).where];
          }
        };
        expect(outcome(chunkSize)).toEqual(outcome(1 << 16));
      }),
      { numRuns: 500 },
    );
  });

  test("finds the rows that csv-parse and the oracle find, in the same lines", () => {
    fc.assert(
      fc.property(dialectText(), ({ text, width }) => {
        const rows = records(text);
        const whole = rows
          .filter((record) => !record.corrupt)
          .map(({ text: raw }) => splitRecord(raw).map((field) => field ?? ""));
        const options = {
          relax_column_count: true,
          skip_empty_lines: true,
          record_delimiter: ["\n", "\r\n"],
          relax_quotes: true,
        };
        const theirs = (parse(text, options) as string[][]).slice(1);
        expect(whole).toEqual(theirs.filter((row) => row.length === width));
        const oracle = parseCsv(text).records.slice(1);
        expect(rows.map(({ line }) => line)).toEqual(oracle.map(({ line }) => line));
        expect(linesOf(scan(text))).toEqual(
          oracle.filter(({ fields }) => fields.length === width).map(({ line }) => line),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("one record", () => {
  test("an unquoted field without content is null, a quoted one is empty", () => {
    expect(splitRecord('a,,"",b')).toEqual(["a", null, "", "b"]);
    expect(splitRecord("")).toEqual([null]);
    expect(splitRecord(",")).toEqual([null, null]);
    expect(splitRecord('"a,""b""\n",5" x')).toEqual(['a,"b"\n', '5" x']);
  });

  test("is read back as it was written", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: "binary" })), { minLength: 2 }), (fields) => {
        const written = joinFields(fields);
        expect(splitRecord(written)).toEqual(fields);
        expect(records(`${fields.map((_, i) => `c${i}`).join(",")}\n${written}\n`)).toMatchObject([{ corrupt: false }]);
      }),
    );
  });
});

/** Anything made of the characters that matter. */
function wildText(): fc.Arbitrary<string> {
  const pieces = ["a", "é", ",", '"', '""', "\n", "\r\n", "\r", "1,2\n", '"x,y"', "\uFEFF"];
  return fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));
}

/** Well-formed CSV: some rows too short or too long, blank lines, any line ends. */
function dialectText(): fc.Arbitrary<{ readonly text: string; readonly width: number }> {
  const plain = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "日", "7", "."), maxLength: 5 });
  const quoted = fc
    .string({ unit: fc.constantFrom("a", ",", "\n", '"', "\r\n", "é"), maxLength: 6 })
    .map((value) => `"${value.replaceAll('"', '""')}"`);
  const row = (length: fc.Arbitrary<number>): fc.Arbitrary<string> =>
    length
      .chain((n) => fc.array(fc.oneof(plain, quoted), { minLength: n, maxLength: n }))
      .map((fields) => fields.join(","));
  return fc.integer({ min: 2, max: 4 }).chain((width) =>
    fc
      .record({
        rows: fc.array(
          fc.oneof(
            { weight: 5, arbitrary: row(fc.constant(width)) },
            row(fc.integer({ min: 1, max: 6 })),
            fc.constant(""),
          ),
        ),
        ends: fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1 }),
      })
      .map(({ rows, ends }) => {
        const header = Array.from({ length: width }, (_, i) => `c${i}`).join(",");
        return { width, text: [header, ...rows].map((line, i) => line + (ends[i % ends.length] ?? "\n")).join("") };
      }),
  );
}
