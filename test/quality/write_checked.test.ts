import { beforeEach, describe, expect, test, vi } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { long, text } from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { examine } from "../../lib/contract/examine.js";
import { drop, fail, quarantine, type Severity, warn } from "../../lib/contract/expectation.js";
import { DataError } from "../../lib/errors.js";
import { Lake } from "../../lib/lake/lake.js";
import { type Account, type CheckedOptions, writeChecked } from "../../lib/quality/write_checked.js";
import { type AnyRelation, type Relation, scan } from "../../lib/relation/relation.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

const chegadas = defineTable("bronze.notas", {
  description: "Marks as they came",
  grain: "one mark",
  landing: { source: "notas", files: ["*.csv"] },
  columns: { id: text(), nota: text(), ...LANDING_COLUMNS },
});

const RULES = { warn, drop, quarantine, fail };

/** Marks, of which one below zero meets a fate. */
function notas(severity: Severity) {
  return defineTable("silver.notas", {
    description: "Marks",
    grain: "one mark",
    reads: [chegadas],
    write: "overwrite",
    columns: { id: long().notNull(), nota: long() },
    expect: (t) => ({ "nota não negativa": RULES[severity](t.nota.ge(0)) }),
  });
}

let lake: Lake;
beforeEach(() => {
  lake = open("quarantine");
});

function open(severity: Severity): Lake {
  const catalog = new Catalog([chegadas, notas(severity)]);
  return new Lake({ storage: new MemoryStorage(), catalog, timeZone: "America/Sao_Paulo" });
}

async function arrive(...marks: readonly string[]): Promise<Relation> {
  const rows = marks.map((mark, i) => [String(i), mark, null, null, "a.csv", String(i + 2), "2024-01-01T00:00:00Z"]);
  await lake.write(chegadas, scan({ kind: "values", rows }, chegadas.schema.fields, lake));
  return lake.read(chegadas) as unknown as Relation;
}

interface Step {
  readonly severity?: Severity;
  readonly account?: Partial<Account>;
  readonly options?: CheckedOptions;
  change?(rows: Relation): AnyRelation;
}

async function step(arrived: Relation, { severity = "quarantine", account, options, change = (rows) => rows }: Step) {
  const table = notas(severity);
  const { accepted, faulty } = examine(arrived, table);
  const rows = change(accepted as unknown as Relation) as Relation;
  const counts = { read: await arrived.count(), duplicates: 0, ...account };
  return writeChecked(lake, table, rows.select(["id", "nota"]), faulty, counts, options);
}

async function quarantined(): Promise<readonly unknown[]> {
  const rows = await (await lake.readStored("silver.notas_quarantine")).collect();
  return rows.map((row) => [row["id"], row["nota"], row["_reasons"]]);
}

describe("rows that a table refuses", () => {
  test("are counted in the commit by the rules that they break, a value that cannot be read by its expectations too", async () => {
    await step(await arrive("1", "dez", "-1", "-2"), {});
    const [commit] = await lake.history("silver.notas");
    expect(commit?.operationMetrics).toMatchObject({ "broken.nota não negativa": "3", unreadable: "1", written: "1" });
  });

  test("are found when rows are missing among those written", async () => {
    const { balance, metrics } = await step(await arrive("1", "dez", "-1"), {});
    expect(balance).toMatchObject({ read: 3, written: 1, quarantined: 2 });
    expect(metrics).toMatchObject({ read: 3, written: 1, quarantined: 2 });
    expect(await quarantined()).toEqual([
      ["1", "dez", ["nota is not of type long: dez", "breaks nota não negativa"]],
      ["2", "-1", ["breaks nota não negativa"]],
    ]);
  });

  test("are not looked for when every row that was examined is written", async () => {
    const arrived = await arrive("1", "2");
    const held = vi.spyOn(lake, "materialize");
    const { balance } = await step(arrived, {});
    expect(balance).toMatchObject({ read: 2, written: 2, quarantined: 0, dropped: 0, warned: 0 });
    expect(held).not.toHaveBeenCalled();
  });

  test("are found where the notebook doubles as many rows as are refused", async () => {
    const arrived = await arrive("1", "-1");
    const doubled = step(arrived, { change: (rows) => rows.union(rows) });
    await expect(doubled).rejects.toThrow("rows do not add up");
    expect(await lake.snapshot("silver.notas")).toBeUndefined();
    expect(await lake.snapshot("silver.notas_quarantine")).toBeUndefined();
  });

  test("stay in the quarantine when the table cannot follow a contract that would take them", async () => {
    const arrived = await arrive("1", "dez");
    await step(arrived, {});
    const before = await quarantined();
    const mended = defineTable("silver.notas", {
      description: "Marks",
      grain: "one mark",
      reads: [chegadas],
      write: "overwrite",
      columns: { id: long().notNull(), nota: text() },
    });
    const { accepted, faulty } = examine(arrived, mended);
    const rows = accepted.select(["id", "nota"]);
    const rebuilt = writeChecked(lake, mended, rows, faulty, { read: 2, duplicates: 0 }, { rebuild: true });
    await expect(rebuilt).rejects.toThrow("cannot follow");
    expect(before).toHaveLength(1);
    expect(await quarantined()).toEqual(before);
  });

  test("are found where the notebook counts too few rows as read", async () => {
    const miscounted = step(await arrive("1", "-1"), { account: { read: 1 } });
    await expect(miscounted).rejects.toThrow("rows do not add up");
  });

  test("stop the run by a rule that must hold, before anything is committed", async () => {
    lake = open("fail");
    const arrived = await arrive("1", "-1");
    await expect(step(arrived, { severity: "fail" })).rejects.toThrow(DataError);
    expect(await lake.snapshot("silver.notas")).toBeUndefined();
    expect(await lake.snapshot("silver.notas_quarantine")).toBeUndefined();
  });

  test("are dropped and counted by a rule that says so", async () => {
    lake = open("drop");
    const { balance } = await step(await arrive("1", "-1"), { severity: "drop" });
    expect(balance).toMatchObject({ written: 1, dropped: 1, quarantined: 0 });
  });

  test("are written and counted by a rule that only warns", async () => {
    lake = open("warn");
    const { balance } = await step(await arrive("1", "-1"), { severity: "warn" });
    expect(balance).toMatchObject({ written: 2, warned: 1 });
  });

  test("leave the quarantine when a table that is made anew refuses none", async () => {
    await step(await arrive("1", "-1"), {});
    expect(await quarantined()).toHaveLength(1);
    const mended = lake.read(chegadas).filter((t) => t.nota.eq("1")) as unknown as Relation;
    const { balance } = await step(mended, { options: { rebuild: true } });
    expect(balance).toMatchObject({ read: 1, written: 1, quarantined: 0 });
    expect(await quarantined()).toEqual([]);
  });
});

test("rows that a notebook loses do not add up", async () => {
  const arrived = await arrive("1", "2");
  const lost = step(arrived, { change: (rows) => rows.limit(1) });
  await expect(lost).rejects.toThrow("rows do not add up");
  expect(await lake.snapshot("silver.notas")).toBeUndefined();
});
