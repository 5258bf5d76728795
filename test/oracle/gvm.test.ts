import { describe, expect, test } from "vitest";
import { type EventRun, eventOracle } from "./events.js";
import { csv, extra, item, jan, purchase } from "./feed.js";
import { gvmAsKnown, gvmClosedThrough, gvmRows, readAsKnown } from "./gvm.js";
import { daysFrom } from "./time.js";

/** The rows after the runs, as `05 P7 nacional 10.00 ×1 #1 → 05`: date, product, subsidiary, total, purchases, version, day. */
async function rowsAfter(...runs: readonly EventRun[]): Promise<readonly string[]> {
  const rows = gvmRows(await eventOracle(runs));
  return rows.map(
    (row) =>
      `${row.date.slice(8)} P${row.product_id} ${row.subsidiary} ${row.total_value} ×${row.purchases} ` +
      `#${row.version} → ${row.processed_date.slice(8)}`,
  );
}

describe("a purchase counts", () => {
  test("while it is released: unpaid, paid, cancelled, paid again", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv(
          "purchase",
          purchase(1, "1", { released: false }),
          purchase(3, "1", { order: 1 }),
          purchase(5, "1", { order: 1, released: false }),
          purchase(8, "1", { order: 1 }),
        ),
        csv("product_item", item(1, "1", "7", "50.00")),
      ],
    });
    expect(rows).toEqual([
      "01 P7 não informada 50.00 ×1 #1 → 03",
      "01 P7 não informada 0.00 ×0 #2 → 05",
      "01 P7 não informada 50.00 ×1 #3 → 08",
    ]);
  });

  test("only once its item is known, with the value as it stands, never times the quantity", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(2, "1")),
        csv("product_item", item(4, "1", "7", "50"), item(6, "1", "7", "45.5")),
      ],
    });
    expect(rows).toEqual(["02 P7 não informada 50.00 ×1 #1 → 04", "02 P7 não informada 45.50 ×1 #2 → 06"]);
  });

  test("never by its item or subsidiary alone", async () => {
    const files = [csv("product_item", item(1, "1", "7", "50")), csv("purchase_extra_info", extra(1, "1", "nacional"))];
    expect(await rowsAfter({ to: jan(9), files })).toEqual([]);
  });
});

describe("a purchase moves", () => {
  test("from the unknown subsidiary to the one that becomes known", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(2, "1"), purchase(2, "2")),
        csv("product_item", item(2, "1", "7", "50"), item(2, "2", "7", "5")),
        csv("purchase_extra_info", extra(6, "1", "nacional")),
      ],
    });
    expect(rows).toEqual([
      "02 P7 nacional 50.00 ×1 #1 → 06",
      "02 P7 não informada 55.00 ×2 #1 → 02",
      "02 P7 não informada 5.00 ×1 #2 → 06",
    ]);
  });

  test("back to the unknown one when a later event takes it away", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(2, "1")),
        csv("product_item", item(2, "1", "7", "50")),
        csv("purchase_extra_info", extra(2, "1", "nacional"), extra(6, "1", "")),
      ],
    });
    expect(rows).toEqual([
      "02 P7 nacional 50.00 ×1 #1 → 02",
      "02 P7 nacional 0.00 ×0 #2 → 06",
      "02 P7 não informada 50.00 ×1 #1 → 06",
    ]);
  });

  test("between products", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [csv("purchase", purchase(2, "1")), csv("product_item", item(2, "1", "7", "50"), item(4, "1", "8", "60"))],
    });
    expect(rows).toEqual([
      "02 P7 não informada 50.00 ×1 #1 → 02",
      "02 P7 não informada 0.00 ×0 #2 → 04",
      "02 P8 não informada 60.00 ×1 #1 → 04",
    ]);
  });

  test("between days when its order date is corrected", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(3, "1"), purchase(5, "1", { order: 2 })),
        csv("product_item", item(3, "1", "7", "50")),
      ],
    });
    expect(rows).toEqual([
      "02 P7 não informada 50.00 ×1 #1 → 05",
      "03 P7 não informada 50.00 ×1 #1 → 03",
      "03 P7 não informada 0.00 ×0 #2 → 05",
    ]);
  });
});

describe("a key gets a row", () => {
  test("for a total of nothing while purchases count, and when only their number changes", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(2, "1"), purchase(2, "2"), purchase(2, "3", { released: false })),
        csv("product_item", item(2, "1", "7", "0"), item(4, "2", "7", "0.00"), item(2, "3", "7", "9")),
      ],
    });
    expect(rows).toEqual(["02 P7 não informada 0.00 ×1 #1 → 02", "02 P7 não informada 0.00 ×2 #2 → 04"]);
  });

  test("only by what stands at the end of a day, not for what rises and falls within it", async () => {
    const rows = await rowsAfter({
      to: jan(9),
      files: [
        csv("purchase", purchase(2, "1", { hour: 10 }), purchase(2, "1", { hour: 12, released: false })),
        csv("product_item", item(1, "1", "7", "50"), item(3, "2", "7", "1")),
      ],
    });
    expect(rows).toEqual([]);
  });
});

describe("the latest event", () => {
  test("is the one of the latest moment, though an older one arrive after it", async () => {
    const files = [csv("purchase", purchase(5, "1")), csv("product_item", item(5, "1", "7", "50", 12))];
    const rows = await rowsAfter(
      { to: jan(6), files },
      { to: jan(9), files: [csv("product_item", item(4, "1", "8", "99"))] },
    );
    expect(rows).toEqual(["05 P7 não informada 50.00 ×1 #1 → 05"]);
  });

  test("of one moment is the one of the highest version", async () => {
    const files = [
      csv("purchase", purchase(5, "1")),
      csv("product_item", item(5, "1", "7", "9"), item(5, "1", "7", "10")),
    ];
    expect(await rowsAfter({ to: jan(6), files })).toEqual(["05 P7 não informada 9.00 ×1 #1 → 05"]);
    const late = { to: jan(9), files: [csv("product_item", item(5, "1", "7", "1"))] };
    expect(await rowsAfter({ to: jan(6), files }, late)).toEqual([
      "05 P7 não informada 9.00 ×1 #1 → 05",
      "05 P7 não informada 1.00 ×1 #2 → 07",
    ]);
  });
});

describe("a closed day", () => {
  const first: EventRun = {
    to: jan(5),
    files: [csv("purchase", purchase(1, "1")), csv("product_item", item(1, "1", "7", "50"), item(1, "2", "7", "8"))],
  };
  const late: EventRun = { to: jan(7), files: [csv("purchase", purchase(2, "2", { order: 1 }))] };

  test("keeps its answer after a late event, which becomes known on the first open day", async () => {
    expect(await rowsAfter(first, late)).toEqual([
      "01 P7 não informada 50.00 ×1 #1 → 01",
      "01 P7 não informada 58.00 ×2 #2 → 06",
    ]);
    const before = await eventOracle([first]);
    const after = await eventOracle([first, late]);
    for (const day of daysFrom(jan(1), jan(5))) expect(gvmAsKnown(after, day)).toEqual(gvmAsKnown(before, day));
  });

  test("is the least closed of the three tables", async () => {
    const answer = await eventOracle([first, { ...late, tables: ["purchase"] }]);
    expect(gvmClosedThrough(answer)).toBe(jan(5));
    expect(gvmRows(answer).map((row) => row.processed_date)).toEqual([jan(1)]);
    expect(gvmClosedThrough(await eventOracle([{ ...first, tables: ["purchase"] }]))).toBeUndefined();
  });

  test("before --from knows nothing", async () => {
    const answer = await eventOracle([{ ...first, from: jan(3) }]);
    expect(gvmAsKnown(answer, jan(2))).toEqual([]);
    expect(gvmRows(answer).map((row) => [row.date, row.processed_date])).toEqual([[jan(1), jan(3)]]);
  });
});

test("the rows answer every day as the brute force does", async () => {
  const answer = await eventOracle([
    {
      to: jan(4),
      files: [
        csv("purchase", purchase(1, "1"), purchase(2, "2"), purchase(3, "1", { released: false })),
        csv("product_item", item(1, "1", "7", "50"), item(2, "2", "7", "8"), item(4, "2", "9", "8")),
        csv("purchase_extra_info", extra(3, "2", "nacional")),
      ],
    },
    { to: jan(8), files: [csv("purchase", purchase(2, "1", { hour: 11 }), purchase(6, "1"))] },
  ]);
  const rows = gvmRows(answer);
  for (const day of daysFrom(jan(1), jan(8))) expect(readAsKnown(rows, day)).toEqual(gvmAsKnown(answer, day));
});
