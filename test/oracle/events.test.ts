import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { type EventTableAnswer, eventOracle } from "./events.js";
import { csv, extra, item, jan, purchase } from "./feed.js";

/** The moment, version and processed date of each event, as `10@1 → 01` for day 10, version 1, known on January 1. */
function summary({ history }: EventTableAnswer): readonly string[] {
  return history.map(
    ({ values, version, processedDate }) =>
      `${values["transaction_datetime"]?.slice(8, 13)}h #${version} → ${processedDate.slice(8)}`,
  );
}

describe("processed_date", () => {
  test("is the event's day while that is open, and the first open day for a late event", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [csv("purchase", purchase(2, "1"), purchase(5, "1"))] },
      { to: jan(7), files: [csv("purchase", purchase(3, "1"), purchase(7, "1"), purchase(1, "2"))] },
    ]);
    expect(summary(table)).toEqual([
      "02 10h #1 → 02",
      "05 10h #2 → 05",
      "03 10h #3 → 06",
      "07 10h #4 → 07",
      "01 10h #1 → 06",
    ]);
    expect(table.closedThrough).toBe(jan(7));
  });

  test("is the --from day for everything before it", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(9), from: jan(4), files: [csv("purchase", purchase(6, "1"), purchase(2, "1"), purchase(4, "1"))] },
    ]);
    expect(summary(table)).toEqual(["02 10h #1 → 04", "04 10h #2 → 04", "06 10h #3 → 06"]);
  });
});

describe("an event of a later day", () => {
  test("waits until a run reaches it", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [csv("purchase", purchase(4, "1"), purchase(6, "1"), purchase(9, "1"))] },
      { to: jan(6), files: [] },
      { to: jan(8), files: [] },
    ]);
    expect(summary(table)).toEqual(["04 10h #1 → 04", "06 10h #2 → 06"]);
    expect(table.waiting.map((values) => values["transaction_date"])).toEqual([jan(9)]);
    expect(table.runs).toEqual([
      { read: 3, takenUp: 0, written: 1, duplicates: 0, quarantined: 0, waiting: 2 },
      { read: 0, takenUp: 2, written: 1, duplicates: 0, quarantined: 0, waiting: 1 },
      { read: 0, takenUp: 1, written: 0, duplicates: 0, quarantined: 0, waiting: 1 },
    ]);
  });

  test("waits too when the run's day is closed, even if its own day is past", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [csv("purchase", purchase(5, "1"))] },
      { to: jan(5), files: [csv("purchase", purchase(2, "1"))] },
      { to: jan(3), files: [] },
      { to: jan(8), files: [] },
    ]);
    expect(summary(table)).toEqual(["05 10h #1 → 05", "02 10h #2 → 06"]);
    expect(table.runs.map((run) => run.waiting)).toEqual([0, 1, 1, 0]);
  });

  test("closes the run's day by its mere arrival, in all three tables", async () => {
    const answer = await eventOracle([
      { to: jan(2), files: [] },
      { to: jan(4), files: [csv("product_item", item(9, "1", "5", "10"))] },
      { to: jan(6), files: [csv("purchase", purchase(1, "1"))] },
    ]);
    expect(summary(answer.purchase)).toEqual(["01 10h #1 → 05"]);
    expect(answer.purchase_extra_info.closedThrough).toBe(jan(6));
  });
});

test("nothing is closed before the first event of any table", async () => {
  const { purchase: table } = await eventOracle([
    { to: jan(5), files: [csv("purchase")] },
    { to: jan(3), files: [csv("purchase", purchase(2, "1"))] },
  ]);
  expect(summary(table)).toEqual(["02 10h #1 → 02"]);
  expect(table.closedThrough).toBe(jan(3));
});

test("a run of selected tables closes those alone", async () => {
  const answer = await eventOracle([
    { to: jan(5), files: [csv("purchase", purchase(1, "1")), csv("product_item", item(1, "1", "5", "1"))] },
    { to: jan(9), tables: ["purchase"], files: [csv("product_item", item(4, "1", "5", "2"))] },
    { to: jan(9), files: [] },
  ]);
  expect(answer.purchase.runs.length).toBe(3);
  expect(summary(answer.product_item)).toEqual(["01 10h #1 → 01", "04 10h #2 → 06"]);
});

describe("versions", () => {
  test("go by processed date before they go by the event's moment", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [csv("purchase", purchase(5, "1", { hour: 20 }), purchase(5, "1", { hour: 11 }))] },
      { to: jan(6), files: [csv("purchase", purchase(4, "1"))] },
    ]);
    expect(summary(table)).toEqual(["05 11h #1 → 05", "05 20h #2 → 05", "04 10h #3 → 06"]);
  });

  test("of one moment go by the other columns as text, nulls first", async () => {
    const { purchase: table } = await eventOracle([
      {
        to: jan(5),
        files: [
          csv(
            "purchase",
            "2023-01-05 10:00:00,2023-01-05,1,9,5,2023-01-05,2023-01-05,1",
            "2023-01-05 10:00:00,2023-01-05,1,9,5,2023-01-05,,2",
            "2023-01-05 10:00:00,2023-01-05,1,10,5,2023-01-05,2023-01-05,3",
          ),
        ],
      },
    ]);
    expect(table.history.map(({ values }) => values["producer_id"])).toEqual(["3", "2", "1"]);
  });
});

describe("a repeated event", () => {
  test("counts once, whatever the file, the run and the spelling of its values", async () => {
    const json =
      '{"purchase_id":1,"product_id":5,"transaction_date":"2023-01-02","item_quantity":3,"purchase_value":10.5,"transaction_datetime":"2023-01-02T10:00:00"}\n';
    const { product_item: table } = await eventOracle([
      { to: jan(5), files: [csv("product_item", item(2, "1", "5", "10.50"), item(2, "1", "5", "10.50"))] },
      {
        to: jan(6),
        files: [{ table: "product_item", name: "again.ndjson.gz", content: gzipSync(json) }],
      },
    ]);
    expect(summary(table)).toEqual(["02 10h #1 → 02"]);
    expect(table.runs.map((run) => run.duplicates)).toEqual([1, 1]);
  });

  test("that waits is found out only when its day comes", async () => {
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [csv("purchase", purchase(6, "1"), purchase(6, "1"))] },
      { to: jan(6), files: [] },
    ]);
    expect(table.runs).toEqual([
      { read: 2, takenUp: 0, written: 0, duplicates: 0, quarantined: 0, waiting: 2 },
      { read: 0, takenUp: 2, written: 1, duplicates: 1, quarantined: 0, waiting: 0 },
    ]);
  });

  test("in a file that comes again is not even read", async () => {
    const file = csv("purchase", purchase(2, "1"));
    const { purchase: table } = await eventOracle([
      { to: jan(5), files: [file] },
      { to: jan(6), files: [{ ...file, name: "other.csv" }] },
    ]);
    expect(table.runs[1]?.read).toBe(0);
  });
});

describe("values", () => {
  test("keep every digit in CSV, NDJSON and Parquet", async () => {
    const ndjson =
      '{"transaction_datetime":"2023-01-02 10:00:00","transaction_date":"2023-01-02","purchase_id":9007199254740993,"product_id":9223372036854775807,"item_quantity":1,"purchase_value":999999999999999.99}';
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: "transaction_datetime", data: [1_672_653_600_000_000n] },
        { name: "transaction_date", data: [19_359] },
        { name: "purchase_id", data: [9_007_199_254_740_995n] },
        { name: "product_id", data: [5n] },
        { name: "item_quantity", data: [1n] },
        { name: "purchase_value", data: [99_999_999_999_999_999n] },
      ],
      schema: [
        { name: "root", num_children: 6 },
        {
          name: "transaction_datetime",
          type: "INT64",
          repetition_type: "OPTIONAL",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
        },
        { name: "transaction_date", type: "INT32", repetition_type: "OPTIONAL", converted_type: "DATE" },
        { name: "purchase_id", type: "INT64", repetition_type: "OPTIONAL" },
        { name: "product_id", type: "INT64", repetition_type: "OPTIONAL" },
        { name: "item_quantity", type: "INT64", repetition_type: "OPTIONAL" },
        {
          name: "purchase_value",
          type: "INT64",
          repetition_type: "OPTIONAL",
          converted_type: "DECIMAL",
          precision: 18,
          scale: 2,
        },
      ],
    });
    const { product_item: table } = await eventOracle([
      {
        to: jan(5),
        files: [
          { table: "product_item", name: "a.ndjson", content: Buffer.from(ndjson) },
          { table: "product_item", name: "b.parquet", content: new Uint8Array(parquet) },
        ],
      },
    ]);
    expect(table.history.map(({ values }) => Object.values(values))).toEqual([
      [
        "2023-01-02 10:00:00.000000",
        "2023-01-02",
        "9007199254740993",
        "9223372036854775807",
        "1",
        "999999999999999.99",
      ],
      ["2023-01-02 10:00:00.000000", "2023-01-02", "9007199254740995", "5", "1", "999999999999999.99"],
    ]);
  });

  test("that cannot be read or are missing put the event into quarantine", async () => {
    const { purchase_extra_info: table } = await eventOracle([
      {
        to: jan(5),
        files: [csv("purchase_extra_info", extra(2, "x", "nacional"), "2023-01-02 25:00:00,2023-02-30,,", "1,2")],
      },
    ]);
    expect(table.quarantined.map(({ line, columns }) => [line, columns])).toEqual([
      [2, ["purchase_id"]],
      [3, ["transaction_datetime", "transaction_date", "purchase_id"]],
      [4, ["fields"]],
    ]);
    expect(table.closedThrough).toBeUndefined();
  });
});
