import fc from "fast-check";
import { EVENT_COLUMNS, EVENT_TABLES, type EventFile, type EventRun, type EventTable } from "../oracle/events.js";
import { addDays } from "../oracle/time.js";
import { type Column, csvText, gzipped, ndjsonText, parquetBytes } from "./formats.js";

/** How large and how strange the histories are. */
export interface EventHistoryShape {
  /** At most this many events per table; 10 unless told. */
  readonly events?: number;
  /** At most this many purchases, of 5; 4 unless told. */
  readonly purchases?: number;
  /** Events happen on the first day and at most this many days after it; 8 unless told. */
  readonly days?: number;
  /** At most this many runs; 4 unless told. */
  readonly runs?: number;
  /** Runs for days that are already closed; yes unless told. */
  readonly closedRuns?: boolean;
  /** The first run may name a day from which everything earlier counts as known; yes unless told. */
  readonly from?: boolean;
  /** Runs of some of the tables only; no unless told. */
  readonly selections?: boolean;
  /** The formats of the files; all unless told. */
  readonly formats?: readonly EventFormat[];
}

export type EventFormat = "csv" | "csv.gz" | "ndjson" | "ndjson.gz" | "parquet";

/**
 * Histories of the three event tables as runs over landed files: late and early events, repeats in the same and in other
 * files, files sent again, corrections, ties on the moment, moments on another day than the transaction's, cancelled
 * purchases, ids beyond 2^53, values up to 999999999999999.99 (at most 5 purchases: their sum fits decimal(18,2)), every
 * kind of text, every format. All rows are good. Everything is small so that events meet.
 */
export function eventHistories(shape: EventHistoryShape = {}): fc.Arbitrary<readonly EventRun[]> {
  const { events = 10, purchases = 4, days = 8, runs = 4, closedRuns = true, from = true, selections = false } = shape;
  const formats = shape.formats ?? (["csv", "csv.gz", "ndjson", "ndjson.gz", "parquet"] as const);
  const deliveries = (values: fc.Arbitrary<EventBody>): fc.Arbitrary<readonly DrawnEvent[]> =>
    fc.array(drawnEvent(values, purchases, days), { maxLength: events });

  return fc
    .record({
      firstDay: fc.constantFrom("2023-02-24", "2024-02-26", "1999-12-28"),
      drawn: fc.record({
        purchase: deliveries(purchaseBody(days)),
        product_item: deliveries(itemBody),
        purchase_extra_info: deliveries(extraBody),
      }),
      runs: fc.array(
        fc.record({
          advance: fc.integer({ min: closedRuns ? -1 : 1, max: 4 }),
          tables: selections
            ? fc.option(fc.subarray([...EVENT_TABLES], { minLength: 1 }), { nil: undefined, freq: 2 })
            : fc.constant(undefined),
        }),
        { minLength: 1, maxLength: runs },
      ),
      from: from ? fc.option(fc.integer({ min: -1, max: 4 }), { nil: undefined, freq: 1 }) : fc.constant(undefined),
      styles: fc.array(fileStyle(formats), { minLength: 1, maxLength: 6 }),
      again: fc.boolean(),
      empty: fc.boolean(),
    })
    .map((history) => {
      const files = filesOf(history.drawn, history.runs.length, history.firstDay, history.styles);
      const first = files.flat()[0];
      if (history.again && first !== undefined)
        files.at(-1)?.push({ ...first, name: first.name.replace("_", "_again_") });
      if (history.empty) files[0]?.push(headerOnly("purchase"));
      let reached = 1;
      return history.runs.map(({ advance, tables }, at): EventRun => {
        reached += at === 0 ? Math.max(0, advance) : advance;
        const from = at === 0 && history.from !== undefined ? Math.min(history.from, reached) : undefined;
        return {
          to: addDays(history.firstDay, reached),
          files: files[at] ?? [],
          ...(from === undefined ? {} : { from: addDays(history.firstDay, from) }),
          ...(tables === undefined ? {} : { tables }),
        };
      });
    });
}

/** The same files arriving all at once before a single run up to the last day that any run reaches. */
export function inOneRun(runs: readonly EventRun[]): readonly EventRun[] {
  const to = runs
    .map((run) => run.to)
    .toSorted()
    .at(-1);
  if (to === undefined) return [];
  return [{ to, files: renamed(runs.flatMap((run) => run.files)) }];
}

/** The same files in another order of arrival, given by any numbers, before a single run. */
export function shuffledInOneRun(runs: readonly EventRun[], order: readonly number[]): readonly EventRun[] {
  return inOneRun(runs).map((run) => {
    const positions = run.files.map((file, at) => ({ file, position: order[at % Math.max(1, order.length)] ?? 0 }));
    return { ...run, files: renamed(positions.toSorted((a, b) => a.position - b.position).map(({ file }) => file)) };
  });
}

/** The columns of an event besides its transaction and purchase, in the order of the contract. */
type EventBody = readonly (string | DayOffset | null)[];
interface DayOffset {
  readonly days: number;
}

interface DrawnEvent {
  readonly purchase: number;
  readonly day: number;
  /** How many days the event's moment lies before its transaction date. */
  readonly shift: number;
  readonly time: string;
  readonly body: EventBody;
  readonly deliveries: readonly { readonly run: number; readonly file: number; readonly shorten: boolean }[];
}

type FileStyle =
  | {
      readonly format: "csv" | "csv.gz";
      readonly mark: boolean;
      readonly newline: "\n" | "\r\n";
      readonly quoteAll: boolean;
    }
  | { readonly format: "ndjson" | "ndjson.gz"; readonly bare: boolean; readonly leaveOut: boolean }
  | { readonly format: "parquet" };

const PURCHASE_IDS = ["7", "10", "9007199254740993", "9007199254740992", "9223372036854775807"];
const PRODUCT_IDS = ["9", "10", "9007199254740993"];
const SUBSIDIARIES = [
  "nacional",
  "não informada",
  "São Paulo",
  "Sa\u0303o Paulo",
  'a, "b"',
  " 東京 ",
  "linha\nnova",
  "🛒",
];

function drawnEvent(body: fc.Arbitrary<EventBody>, purchases: number, days: number): fc.Arbitrary<DrawnEvent> {
  return fc.record({
    purchase: fc.nat({ max: Math.min(purchases, PURCHASE_IDS.length) - 1 }),
    day: fc.nat({ max: days }),
    shift: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }) },
    ),
    time: fc.constantFrom("00:00:00", "08:30:00", "23:59:59"),
    body,
    deliveries: fc.array(fc.record({ run: fc.nat({ max: 9 }), file: fc.nat({ max: 1 }), shorten: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
  });
}

const longs = fc.oneof(fc.constantFrom("1", "2", "9223372036854775807"), fc.bigInt({ min: 0n, max: 99n }).map(String));
const cents = fc.oneof(
  fc.constantFrom(0n, 1n, 1_000n, 1_050n, 99_999_999_999_999_999n),
  fc.bigInt({ min: 0n, max: 99_999_999_999_999_999n }),
);

function maybe(values: fc.Arbitrary<string>): fc.Arbitrary<string | null> {
  return fc.option(values, { nil: null, freq: 9 });
}

function purchaseBody(days: number): fc.Arbitrary<EventBody> {
  const day = fc.integer({ min: -1, max: Math.min(days, 3) }).map((offset) => ({ days: offset }));
  return fc.tuple(maybe(longs), longs, day, fc.option(day, { nil: null, freq: 2 }), maybe(longs));
}

const itemBody: fc.Arbitrary<EventBody> = fc.tuple(
  fc.constantFrom(...PRODUCT_IDS),
  maybe(longs),
  cents.map((value) => `${value / 100n}.${(value % 100n).toString().padStart(2, "0")}`),
);

const extraBody: fc.Arbitrary<EventBody> = fc.tuple(maybe(fc.constantFrom(...SUBSIDIARIES)));

function fileStyle(formats: readonly EventFormat[]): fc.Arbitrary<FileStyle> {
  return fc
    .record({
      format: fc.constantFrom(...formats),
      mark: fc.boolean(),
      newline: fc.constantFrom("\n" as const, "\r\n" as const),
      quoteAll: fc.boolean(),
      bare: fc.boolean(),
      leaveOut: fc.boolean(),
    })
    .map(({ format, mark, newline, quoteAll, bare, leaveOut }): FileStyle => {
      if (format === "parquet") return { format };
      return format.startsWith("csv")
        ? { format: format as "csv" | "csv.gz", mark, newline, quoteAll }
        : { format: format as "ndjson" | "ndjson.gz", bare, leaveOut };
    });
}

function filesOf(
  drawn: Readonly<Record<EventTable, readonly DrawnEvent[]>>,
  runs: number,
  firstDay: string,
  styles: readonly FileStyle[],
): EventFile[][] {
  let written = 0;
  return Array.from({ length: runs }, (_, run) =>
    EVENT_TABLES.flatMap((table) =>
      [0, 1].flatMap((file): EventFile[] => {
        const rows = drawn[table].flatMap((event) =>
          event.deliveries
            .filter((delivery) => delivery.run % runs === run && delivery.file === file)
            .map((delivery) => rowOf(event, firstDay, delivery.shorten)),
        );
        const style = styles[written++ % styles.length];
        if (rows.length === 0 || style === undefined) return [];
        const name = `${table}_${String(97 - run)}_${file}.${style.format}`;
        return [{ table, name, content: contentOf(EVENT_COLUMNS[table], rows, style) }];
      }),
    ),
  );
}

function rowOf(event: DrawnEvent, firstDay: string, shorten: boolean): (string | null)[] {
  const day = addDays(firstDay, event.day);
  const body = event.body.map((value) => {
    if (value === null || typeof value === "string")
      return shorten && value?.endsWith(".00") ? value.slice(0, -3) : value;
    return addDays(firstDay, value.days);
  });
  return [`${addDays(day, -event.shift)} ${event.time}`, day, PURCHASE_IDS[event.purchase] ?? "", ...body];
}

function contentOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  style: FileStyle,
): Uint8Array {
  if (style.format === "parquet") return parquetBytes(columns, rows);
  let text: string;
  if ("newline" in style) {
    const header = columns.map((column) => column.name);
    text = csvText([header, ...rows.map((row) => row.map((value) => value ?? ""))], { ...style, finalNewline: true });
  } else {
    // A double has fifteen digits: a writer that keeps money exact writes it as text, like the larger of these.
    const exact = rows.every((row) => row.every((value) => !value?.includes(".") || value.length <= 15));
    const bare = style.bare ? (exact ? (["long", "decimal"] as const) : (["long"] as const)) : [];
    text = ndjsonText(columns, rows, { bare, leaveOut: style.leaveOut });
  }
  const bytes = new TextEncoder().encode(text);
  return style.format.endsWith(".gz") ? gzipped(bytes) : bytes;
}

function headerOnly(table: EventTable): EventFile {
  const header = EVENT_COLUMNS[table].map((column) => column.name).join(",");
  return { table, name: `${table}_header.csv`, content: new TextEncoder().encode(`${header}\n`) };
}

function renamed(files: readonly EventFile[]): EventFile[] {
  return files.map((file, at) => {
    const extension = file.name.slice(file.name.indexOf("."));
    return { ...file, name: `${file.table}_${String(at).padStart(3, "0")}${extension}` };
  });
}
