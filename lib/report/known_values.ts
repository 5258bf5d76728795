import type { AnyTable } from "../contract/define_table.js";
import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { scanFiles } from "../delta_table/table_reads.js";
import type { Lake } from "../lake/lake.js";
import type { DecimalColumn, LongColumn } from "../relation/number_column.js";
import type { DateColumn } from "../relation/time_column.js";
import { at } from "../relation/untyped.js";
import { lag } from "../relation/window.js";
import { decimalOf } from "../types.js";

/** What the sum of a measure over each month was known to be, from the day on which it became known. */
export interface KnownValues {
  /** The column that is summed up. */
  readonly measure: string;
  /** The column that says to which month a row belongs. */
  readonly date: string;
  /** Digits after the decimal point. */
  readonly scale: number;
  /** In order of time. */
  readonly months: readonly KnownMonth[];
}

export interface KnownMonth {
  /** `YYYY-MM` */
  readonly month: string;
  /** Each day on which another value became known, in order; the value in units of the measure's last digit. */
  readonly steps: readonly { readonly day: string; readonly value: bigint }[];
}

/** A table of more versions is not summed up for a page. */
const MOST_ROWS = 3_000_000n;

/** The columns of a table that keeps what was known when: its key has a date and `version`, and it has `processed_date`. */
function columnsOf(
  table: AnyTable,
): { readonly date: string; readonly measure: string; readonly scale: number } | undefined {
  if (!table.key.includes("version") || table.columns["processed_date"] === undefined) return undefined;
  const date = table.key.find((name) => table.columns[name]?.type === "date");
  const measure = table.columnNames.find((name) => decimalOf(table.columns[name]?.type ?? "string") !== undefined);
  const scale = decimalOf(table.columns[measure ?? ""]?.type ?? "string")?.scale;
  return date === undefined || measure === undefined || scale === undefined ? undefined : { date, measure, scale };
}

/**
 * Each month's value as it was known over time: the differences of all versions to the ones before, summed up by the day on
 * which they became known. Undefined for tables that keep no versions, and for very long ones.
 */
export async function knownValues(
  lake: Lake,
  table: AnyTable | undefined,
  snapshot: Snapshot,
  files: readonly AddFile[],
  rows: bigint | undefined,
): Promise<KnownValues | undefined> {
  const columns = table && columnsOf(table);
  if (table === undefined || columns === undefined || rows === undefined || rows === 0n || rows > MOST_ROWS)
    return undefined;
  const { date, measure, scale } = columns;
  const key = table.key.filter((name) => name !== "version");
  const changes = await scanFiles(snapshot, files, lake.engine)
    .extend((t) => ({
      before: lag(at<DecimalColumn>(t, measure), {
        partitionBy: key.map((name) => at<LongColumn>(t, name)),
        orderBy: [at<LongColumn>(t, "version")],
      }),
    }))
    .select((t) => ({
      month: at<DateColumn>(t, date).truncate("month"),
      day: at<DateColumn>(t, "processed_date"),
      change: at<DecimalColumn>(t, measure).minus(at<DecimalColumn>(t, "before").orElse(0)),
    }))
    .groupBy("month", "day")
    .aggregate((t) => ({ change: at<DecimalColumn>(t, "change").sum() }))
    .orderBy((t) => [at<DateColumn>(t, "month"), at<DateColumn>(t, "day")])
    .collect();
  const months = new Map<string, { day: string; value: bigint }[]>();
  for (const { month, day, change } of changes) {
    const name = String(month).slice(0, 7);
    const steps = months.get(name) ?? [];
    const difference = unscaled(String(change), scale);
    if (difference !== 0n || steps.length === 0)
      steps.push({ day: String(day), value: (steps.at(-1)?.value ?? 0n) + difference });
    months.set(name, steps);
  }
  return { measure, date, scale, months: [...months].map(([month, steps]) => ({ month, steps })) };
}

/** What was known of a month at the end of a day; undefined before anything was. */
export function knownAtDay({ steps }: KnownMonth, day: string): bigint | undefined {
  return steps.findLast((step) => step.day <= day)?.value;
}

/** A number of last digits as a decimal with its thousands set apart. */
export function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const whole = BigInt(digits.slice(0, digits.length - scale)).toLocaleString("en-US");
  return `${value < 0n ? "−" : ""}${whole}${scale === 0 ? "" : `.${digits.slice(-scale)}`}`;
}

function unscaled(text: string, scale: number): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, "0")}`);
}
