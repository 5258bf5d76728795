import { date, long, timestamp } from "../../contract/column_spec.js";

/** What every event of a change feed has: when it happened, and to which purchase. */
export const EVENT_COLUMNS = {
  transaction_datetime: timestamp().notNull().describe("When the change happened in the marketplace"),
  transaction_date: date().notNull().describe("Day of the change"),
  purchase_id: long().notNull().describe("The purchase"),
} as const;

/** What the history adds to an event: its place among the events of its purchase, and since when it is known. */
export const HISTORY_COLUMNS = {
  version: long()
    .notNull()
    .computed()
    .describe("1, 2, 3… in the order in which the events of the purchase became known"),
  processed_date: date().notNull().computed().describe("Logical day on which the event became known"),
} as const;

/**
 * Of a history in which every day looks up scattered keys. That reads whole columns, and decompressing them would take
 * longer than everything else. The files are half as large again.
 */
export const HISTORY_PROPERTIES = { "delta.parquet.compression.codec": "none" } as const;
