import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { HEADER, TestLake } from "./test_lake.js";

const lake = new TestLake();
afterAll(() => lake.remove());

/** Rows of a table as independent readers see them: empty is null, rows of another width are kept whole elsewhere. */
function expected(text: string): readonly (readonly [string | null, string | null, bigint])[] {
  const options = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, info: true };
  const records = parse(text, { ...options, record_delimiter: ["\n", "\r\n"] }) as unknown as {
    readonly record: readonly string[];
    readonly info: { readonly lines: number };
  }[];
  let line = 1;
  const rows = records.map(({ record }) => {
    // Blank lines come first, then the record with the line breaks inside its fields.
    while (
      /^\r?\n/.test(
        text
          .split("\n")
          .slice(line - 1)
          .join("\n"),
      )
    )
      line++;
    const begins = line;
    line += 1 + record.join("").split("\n").length - 1;
    return { record, begins };
  });
  return rows.slice(1).flatMap(({ record, begins }) => {
    if (record.length !== 2) return [];
    return [[record[0] || null, record[1] || null, BigInt(begins)] as const];
  });
}

const PLAIN = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "日", "7", "\\", "'", "\t"), maxLength: 5 });
const STRAY = fc.constantFrom('5" x', 'a"b"c', ' "q"');
const QUOTED = fc
  .string({ unit: fc.constantFrom("a", ",", "\n", '"', "\r\n", "é", "1,2\n"), maxLength: 6 })
  .map((value) => `"${value.replaceAll('"', '""')}"`);

/** A file, most of them plain, a few with quotes where others have none. */
const FILE = fc.boolean().chain((stray) => {
  const value = stray ? fc.oneof({ weight: 6, arbitrary: fc.oneof(PLAIN, QUOTED) }, STRAY) : fc.oneof(PLAIN, QUOTED);
  const row = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(value, value).map((fields) => fields.join(",")) },
    fc.array(value, { minLength: 3, maxLength: 4 }).map((fields) => fields.join(",")),
    fc.constant(""),
  );
  return fc
    .tuple(fc.array(row, { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), fc.constantFrom("", "\uFEFF"))
    .map(([rows, end, mark]) => {
      return mark + [HEADER.trim(), ...rows].map((line) => line + end).join("");
    });
});

test("rows in the table are those that csv-parse finds, whether the engine reads the file itself or not", async () => {
  const texts = [...new Set(fc.sample(FILE, { numRuns: 250, seed: 7 }))];
  for (const [i, text] of texts.entries()) lake.land(`people_${i}.csv`, text);
  const result = await lake.ingest();
  expect(new Set(result.files.map((file) => file.status))).toEqual(new Set(["taken"]));
  const rows = new Map<string, unknown[]>();
  for (const [id, nome, row, file, corrupt] of await lake.values("id", "nome", "_row", "_file", "_corrupt_record")) {
    const name = String(file).slice("YYYYMMDD_HHMMSS_".length);
    rows.set(name, [...(rows.get(name) ?? []), ...(corrupt === null ? [[id, nome, row]] : [])]);
  }
  for (const [i, text] of texts.entries()) {
    expect(rows.get(`people_${i}.csv`) ?? [], JSON.stringify(text)).toEqual(expected(text));
  }
});
