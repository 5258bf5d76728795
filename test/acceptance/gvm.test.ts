import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asKnown } from "../../lib/history/as_known.js";
import type { Row, Shape } from "../../lib/relation/relation.js";
import { gold, silver } from "../../lib/tables/index.js";
import { EVENT_COLUMNS, EVENT_TABLES, type EventAnswer, type EventRun, eventOracle } from "../oracle/events.js";
import { gvmAsKnown, gvmClosedThrough, gvmRows } from "../oracle/gvm.js";
import { addDays } from "../oracle/time.js";
import { eventHistories, inOneRun, shuffledInOneRun } from "../support/events.js";
import { parquetBytes } from "../support/formats.js";
import { LakeInProcess } from "../support/lake_in_process.js";

const RUNS = Number(process.env["TSLAKE_PROPERTY_RUNS"] ?? 12);

describe("the event tables and gvm equal a naive calculation", () => {
  test("for random histories of runs", async () => {
    await fc.assert(
      fc.asyncProperty(eventHistories({ closedRuns: true, from: true, selections: true }), async (runs) =>
        compare(runs),
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 600_000);

  test("ingested in one range, or in shuffled file order", async () => {
    await fc.assert(
      fc.asyncProperty(eventHistories(), fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), async (runs, order) => {
        await compare(inOneRun(runs));
        await compare(shuffledInOneRun(runs, order));
      }),
      { numRuns: Math.ceil(RUNS / 2), endOnFailure: true },
    );
  }, 600_000);
});

test("gvm is refused a history that was put back to an older day: what that learns anew is behind gvm's closed days", async () => {
  const workspace = new LakeInProcess();
  const history = join(workspace.folder, "lake", "silver", "purchase");
  const steps = EVENT_TABLES.flatMap((name) => [`bronze.${name}`, `silver.${name}`]);
  const runTo = async (day: string) => {
    await workspace.run(steps, { date: day });
    await workspace.run(["gold.gvm"]);
  };
  const purchase = (id: number, day: string) =>
    `{"transaction_datetime":"${day}T10:00:00","transaction_date":"${day}","purchase_id":${id},"buyer_id":1,"prod_item_id":1,"order_date":"${day}","release_date":"${day}","producer_id":1}\n`;
  try {
    workspace.land("purchase", "a.ndjson", purchase(1, "2023-01-20"));
    await runTo("2023-01-20");
    cpSync(history, join(workspace.folder, "copy"), { recursive: true });
    await runTo("2023-01-21");
    rmSync(history, { recursive: true });
    cpSync(join(workspace.folder, "copy"), history, { recursive: true });
    workspace.land("purchase", "b.ndjson", purchase(2, "2023-01-19"));
    await expect(runTo("2023-01-22")).rejects.toThrow(
      "gold.gvm: nobody can tell which rows of silver.purchase are new",
    );
    rmSync(join(workspace.folder, "lake", "gold", "gvm"), { recursive: true });
    await runTo("2023-01-22");
  } finally {
    workspace.remove();
  }
});

async function compare(runs: readonly EventRun[]): Promise<void> {
  const expected = await eventOracle(runs);
  const workspace = new LakeInProcess();
  try {
    let known: readonly (readonly [string, unknown])[] = [];
    for (const run of runs) {
      for (const { table, name, content } of run.files) workspace.land(table, name, content);
      const chosen = run.tables ?? EVENT_TABLES;
      await workspace.run(chosen.map((table) => `bronze.${table}`));
      for (const table of EVENT_TABLES) await workspace.lake.ensure(workspace.lake.catalog.table(`bronze.${table}`));
      await workspace.run(
        chosen.map((table) => `silver.${table}`),
        { date: run.to, from: run.from ?? null },
      );
      for (const table of EVENT_TABLES) await workspace.lake.ensure(workspace.lake.catalog.table(`silver.${table}`));
      await workspace.run(["gold.gvm"]);
      known = await stillKnown(workspace, known, run.to);
    }
    await compareSilver(workspace, expected);
    await compareGvm(workspace, expected);
  } finally {
    workspace.remove();
  }
}

test("an instant, or a time finer than a microsecond, of a Parquet file is quarantined", async () => {
  const event = ["2023-01-20", "1", "1", "1", "2023-01-20", "2023-01-20", "1"];
  const workspace = new LakeInProcess();
  try {
    const times = { instant: "2023-01-20 22:00:00", nanoseconds: "1674252000000000001" } as const;
    for (const kind of ["instant", "nanoseconds"] as const) {
      const columns = EVENT_COLUMNS.purchase.map(({ name }, at) => ({
        name,
        kind: at === 0 ? kind : ("text" as const),
      }));
      workspace.land("purchase", `${kind}.parquet`, parquetBytes(columns, [[times[kind], ...event]]));
    }
    await workspace.run([...EVENT_TABLES.map((table) => `bronze.${table}`), "silver.purchase"], { date: "2023-01-21" });
    const rows = await (await workspace.lake.readStored("silver.purchase_quarantine")).collect();
    expect(rows.map((row) => row["transaction_datetime"]).sort()).toEqual([
      "2023-01-20 22:00:00.000000001",
      "2023-01-20 22:00:00Z",
    ]);
    expect(String(rows[0]?.["_reasons"])).toContain("transaction_datetime is not a timestamp like");
    expect(await workspace.lake.read(silver.purchase).count()).toBe(0);
  } finally {
    workspace.remove();
  }
});

/** Answers for closed days are the same after every later run. */
async function stillKnown(workspace: LakeInProcess, earlier: readonly (readonly [string, unknown])[], day: string) {
  for (const [past, answer] of earlier) expect(await known(workspace, past)).toEqual(answer);
  const mark = await (await workspace.lake.snapshot("gold.gvm"))?.domainMetadata("tslake.closed");
  const closed = mark === undefined ? null : (JSON.parse(mark) as { day: string | null }).day;
  return closed === null || closed < day ? earlier : [...earlier, [day, await known(workspace, day)] as const];
}

async function compareSilver(workspace: LakeInProcess, expected: EventAnswer): Promise<void> {
  for (const name of EVENT_TABLES) {
    const rows = (await workspace.lake.read(silver[name]).collect()) as readonly Row<Shape>[];
    const found = rows.map((row) => [
      ...EVENT_COLUMNS[name].map((column) => text(row[column.name])),
      text(row["version"]),
      text(row["processed_date"]),
    ]);
    const wanted = expected[name].history.map(({ values, version, processedDate }) => [
      ...EVENT_COLUMNS[name].map((column) => text(values[column.name])),
      String(version),
      processedDate,
    ]);
    expect(sorted(found)).toEqual(sorted(wanted));
  }
}

async function compareGvm(workspace: LakeInProcess, expected: EventAnswer): Promise<void> {
  const rows = await workspace.lake.read(gold.gvm).collect();
  const found = rows.map((row) => gold.gvm.columnNames.map((name) => text(row[name])));
  const wanted = gvmRows(expected).map((row) =>
    gold.gvm.columnNames.map((name) => text((row as unknown as Record<string, unknown>)[name])),
  );
  expect(sorted(found)).toEqual(sorted(wanted));
  const last = gvmClosedThrough(expected);
  if (last === undefined) return;
  for (let day = addDays(last, -40); day <= last; day = addDays(day, 1)) {
    const brute = gvmAsKnown(expected, day).map((row) =>
      ["date", "product_id", "subsidiary", "total_value", "purchases"].map((name) =>
        text((row as unknown as Record<string, unknown>)[name]),
      ),
    );
    expect(await known(workspace, day)).toEqual(sorted(brute));
  }
}

async function known(workspace: LakeInProcess, day: string): Promise<unknown> {
  const rows = await asKnown(workspace.lake, gold.gvm, day).collect();
  const living = rows.filter((row) => row.purchases !== 0n);
  return sorted(
    living.map((row) => [row.date, row.product_id, row.subsidiary, row.total_value, row.purchases].map(text)),
  );
}

function text(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const plain = String(value);
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(plain) ? `${plain}.000000` : plain;
}

function sorted(rows: readonly (readonly (string | null)[])[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
