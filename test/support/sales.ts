import fc from "fast-check";
import type { LandedFile } from "../oracle/landing.js";
import { SALES_HEADER } from "../oracle/vendas.js";
import { csvText, gzipped } from "./formats.js";

/** How large and how strange the histories are. */
export interface SalesHistoryShape {
  /** At most this many different rows; 12 unless told. */
  readonly rows?: number;
  /** At most this many files; 4 unless told. */
  readonly files?: number;
  /** At most this many runs; 3 unless told. */
  readonly runs?: number;
  /** Rows that cannot be read or break an expectation; yes unless told. */
  readonly broken?: boolean;
  /** Gzipped files; yes unless told. */
  readonly gzip?: boolean;
}

/**
 * Histories of sales files by run: rows in either number style, names with odd spaces, accents and decomposed letters, text
 * with commas, quotes and line breaks, empty fields, broken and ragged rows; files with or without byte order mark, CRLF,
 * quotes, final newline, gzip, with columns in any order; rows repeated in and across files, names taken again with other
 * content, content sent again under another name. No file is rejected.
 */
export function salesHistories(shape: SalesHistoryShape = {}): fc.Arbitrary<readonly (readonly LandedFile[])[]> {
  const { rows = 12, files = 4, runs = 3, broken = true, gzip = true } = shape;
  return fc
    .record({
      pool: fc.array(saleRow(broken), { minLength: 1, maxLength: rows }),
      runs: fc.integer({ min: 1, max: runs }),
      files: fc.array(drawnFile(rows, gzip), { minLength: 1, maxLength: files }),
      again: fc.option(fc.constantFrom("registros_0.csv", "registros_zz.csv"), { nil: undefined }),
    })
    .map(({ pool, runs: count, files: drawn, again }) => {
      const landed = Array.from({ length: count }, (): LandedFile[] => []);
      for (const [at, file] of drawn.entries()) {
        const run = landed[Math.min(count - 1, Math.floor((at * count) / drawn.length))];
        const content = contentOf(file, pool);
        const name = `registros_${file.letter}.csv${file.gzip ? ".gz" : ""}`;
        const taken = run?.some((other) => other.name === name);
        run?.push({ name: taken ? name.replace("_", `_${at}`) : name, content });
      }
      const first = landed.flat().find((file) => file.name.endsWith(".csv"));
      if (again !== undefined && first !== undefined) landed.at(-1)?.push({ ...first, name: again });
      return landed;
    });
}

interface DrawnRow {
  /** In the order of the contract. */
  readonly fields: readonly string[];
  /** How many fields are missing at the end (negative) or too many. */
  readonly ragged: number;
}

interface DrawnFile {
  readonly letter: string;
  readonly rows: readonly number[];
  readonly order: readonly number[];
  readonly mark: boolean;
  readonly newline: "\n" | "\r\n";
  readonly quoteAll: boolean;
  readonly finalNewline: boolean;
  readonly gzip: boolean;
}

const CONTRACT_ORDER = SALES_HEADER.map((_, at) => at);

function drawnFile(rows: number, gzip: boolean): fc.Arbitrary<DrawnFile> {
  return fc.record({
    letter: fc.constantFrom("a", "b", "ç"),
    rows: fc.array(fc.nat({ max: rows - 1 }), { maxLength: rows }),
    order: fc.oneof(
      { weight: 3, arbitrary: fc.constant(CONTRACT_ORDER) },
      {
        weight: 1,
        arbitrary: fc.shuffledSubarray(CONTRACT_ORDER, { minLength: CONTRACT_ORDER.length }),
      },
    ),
    mark: fc.boolean(),
    newline: fc.constantFrom("\n" as const, "\r\n" as const),
    quoteAll: fc.boolean(),
    finalNewline: fc.boolean(),
    gzip: gzip ? fc.boolean() : fc.constant(false),
  });
}

function contentOf(file: DrawnFile, pool: readonly DrawnRow[]): Uint8Array {
  const inOrder = (fields: readonly string[]): string[] => file.order.map((at) => fields[at] ?? "");
  const rows = file.rows.flatMap((at) => {
    const row = pool[at % pool.length];
    if (row === undefined) return [];
    const fields = inOrder(row.fields);
    return [row.ragged < 0 ? fields.slice(0, row.ragged) : [...fields, ...Array<string>(row.ragged).fill("a mais")]];
  });
  // Without its newline a short last line would be a file cut off.
  const cut = (rows.at(-1)?.length ?? SALES_HEADER.length) < SALES_HEADER.length;
  const text = csvText([inOrder(SALES_HEADER), ...rows], { ...file, finalNewline: file.finalNewline || cut });
  const bytes = new TextEncoder().encode(text);
  return file.gzip ? gzipped(bytes) : bytes;
}

function saleRow(broken: boolean): fc.Arbitrary<DrawnRow> {
  const or = (good: fc.Arbitrary<string>, bad: readonly string[]): fc.Arbitrary<string> =>
    broken ? fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(...bad) }) : good;
  return fc.record({
    fields: fc.tuple(
      or(timestamps, ["", "2015-02-29 10:00:00", "2014-05-01", "01/05/2014 08:10:00", "2014-05-01 24:00:00", "ontem"]),
      personNames,
      personNames,
      or(fc.constantFrom("ana@loja.example", "A.B+c@X.Y.example", "joão@são.example", "o'b@a"), [
        "",
        "ana",
        "a@b@c",
        "@@",
      ]),
      fc.constantFrom("", "(11) 98888-0000", "+55 11 98888-0000"),
      texts,
      or(prices, ["", "1.234", "1.234.567", "12.34,56", "1,234.56", "-1,00", "R$ 10", "1e3", "10,005", "abc", "NaN"]),
      texts,
      texts,
      texts,
      texts,
      or(discounts, ["101%", "-1%", "100,0001%", "1,23456%", "1.234%", "%", "grátis"]),
      texts,
    ),
    ragged: broken
      ? fc.oneof({ weight: 15, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-11, -1, 1, 3) })
      : fc.constant(0),
  });
}

const two = (value: number): string => String(value).padStart(2, "0");

const timestamps = fc.oneof(
  fc.constantFrom("2016-02-29 00:00:00", "2014-12-31 23:59:59", "2015-01-01 05:59:59", "2015-01-01 06:00:00"),
  fc
    .tuple(
      fc.integer({ min: 1990, max: 2037 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 0, max: 23 }),
      fc.constantFrom(0, 59),
      fc.constantFrom(0, 59),
    )
    .map(([y, mo, d, h, mi, s]) => `${y}-${two(mo)}-${two(d)} ${two(h)}:${two(mi)}:${two(s)}`),
);

const NAME_WORDS = [
  "ana",
  "JOÃO",
  "são-josé",
  "D'ÁVILA",
  "çelik",
  "ÑANDÚ",
  "A\u0301LVARO",
  "jose\u0301",
  "ŁUKASZ",
  "œuvre",
  "đặng",
  "2pac",
  "(bia)",
  "o",
  "É",
  "Mc Donald",
  "\u0301x",
];

const personNames = fc
  .array(fc.tuple(fc.constantFrom(...NAME_WORDS), fc.constantFrom(" ", "  ", "   ")), { maxLength: 3 })
  .chain((words) =>
    fc.constantFrom("", " ", "  ").map((lead) => {
      const name = words
        .map(([word, space], at) => (at === words.length - 1 && lead === "" ? word : word + space))
        .join("");
      return words.length === 0 ? "" : lead + name;
    }),
  );

const LETTERS = [
  "a",
  "B",
  "é",
  "e\u0301",
  "ß",
  "🛒",
  "\u00a0",
  "1",
  "%",
  "'",
  ";",
  "\t",
  " ",
  ",",
  '"',
  "\n",
  "\r\n",
  "\\",
  "NULL",
];

/** Any text; never only white space, which nobody says is empty or not. */
const texts = fc.oneof(
  fc.constantFrom("", "", "E-commerce", "Loja Física", "Natal"),
  fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 6 }).map((text) => (text.trim() === "" ? "" : text)),
);

const prices = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(0n, 1n, 5n, 100n, 123_456n, 999_999_999_999_999_999n),
      fc.bigInt({ min: 0n, max: 9_999_999n }),
      fc.bigInt({ min: 0n, max: 999_999_999_999_999_999n }),
    ),
    fc.constantFrom("whole", "grouped", "comma", "point", "short"),
  )
  .map(([cents, style]) => (cents % 7n === 3n ? ` ${priceText(cents, style)} ` : priceText(cents, style)));

function priceText(cents: bigint, style: string): string {
  const whole = (cents / 100n).toString();
  const rest = (cents % 100n).toString().padStart(2, "0");
  if (style === "whole" && rest === "00") return whole;
  if (style === "short" && rest.endsWith("0")) return `${whole}${cents % 20n === 0n ? "." : ","}${rest.charAt(0)}`;
  if (style === "grouped") return `${whole.replace(/\B(?=(\d{3})+$)/g, ".")},${rest}`;
  return `${whole}${style === "point" ? "." : ","}${rest}`;
}

const discounts = fc.oneof(
  fc.constantFrom("", "", "0%", "100%", "11%", "12,5%", "7.25%", "33,3333%", "0,0001%", "99,9999%"),
  fc.integer({ min: 0, max: 1_000_000 }).map((tenThousandths) => {
    const decimals = String(tenThousandths % 10_000).padStart(4, "0");
    return `${Math.floor(tenThousandths / 10_000)},${decimals}%`;
  }),
);
