import { afterEach, describe, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, decimal, long, text, timestamp } from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { parsedNames } from "../../lib/contract/examine.js";
import { quarantine } from "../../lib/contract/expectation.js";
import { knownSince, takeEvents } from "../../lib/history/events.js";
import { Lake } from "../../lib/lake/lake.js";
import { writeChecked } from "../../lib/quality/write_checked.js";
import { scan } from "../../lib/relation/relation.js";
import { rowNumber } from "../../lib/relation/window.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { accidentsAt, describeAccident, hooked, type StorageCall, spoiled } from "./hooked_storage.js";
import { some } from "./rounds.js";

const landed = defineTable("bronze.pagamento", {
  description: "Payments as they came",
  grain: "one event",
  columns: { transaction_datetime: text(), transaction_date: text(), id: text(), valor: text(), ...LANDING_COLUMNS },
});
const strict = history(true);
const mended = history(false);

function history(isStrict: boolean) {
  return defineTable("silver.pagamento", {
    description: "Payments",
    grain: "one event",
    reads: [landed],
    write: "append",
    key: ["id", "version"],
    columns: {
      transaction_datetime: timestamp().notNull(),
      transaction_date: date().notNull(),
      id: long().notNull(),
      valor: decimal(18, 2).notNull(),
      version: long().notNull().computed(),
      processed_date: date().notNull().computed(),
    },
    expect: (t) => (isStrict ? { valor_positivo: quarantine(t.valor.gt(0)) } : {}),
  });
}

afterEach(() => {
  for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH"]) delete process.env[name];
});

/** The step of the history's notebook, under one contract or the other. */
async function run(storage: Storage, table: typeof strict, day: string): Promise<void> {
  const code = table === strict ? "strict" : "mended";
  Object.assign(process.env, { TSLAKE_RUN_ID: "test", TSLAKE_STEP: table.name, TSLAKE_CODE_HASH: code });
  const lake = new Lake({ storage, catalog: new Catalog([landed, table]), timeZone: "America/Sao_Paulo" });
  const batch = await takeEvents(lake, table, { date: day, from: null });
  const distinct = await lake.materialize(batch.due.distinct(parsedNames(table), (t) => [t._file, t._row]));
  const fresh = await lake.materialize(distinct.antiJoin(lake.read(table), parsedNames(table), { nullsEqual: true }));
  const duplicates = (await batch.due.count()) - (await fresh.count());
  const rows = fresh
    .extend((t) => ({ processed_date: knownSince(t.transaction_date, batch.days) }))
    .extend((t) => ({ version: rowNumber({ partitionBy: [t.id], orderBy: [t.processed_date] }) }));
  await writeChecked(
    lake,
    table,
    rows.select(table.columnNames),
    batch.faulty,
    { ...batch.account, duplicates },
    batch,
  );
}

async function land(storage: Storage, file: string, lines: readonly (readonly string[])[]): Promise<void> {
  const lake = new Lake({ storage, catalog: new Catalog([landed]), timeZone: "America/Sao_Paulo" });
  const moment = `2024-02-0${file}T00:00:00.000000Z`;
  const rows = lines.map((line, at) => [...line, null, null, file, String(at + 2), moment]);
  await lake.write(landed, scan({ kind: "values", rows }, landed.schema.fields, lake));
}

const event = (day: number, id: number, value: string) => [
  `2024-01-0${day} 10:00:00`,
  `2024-01-0${day}`,
  `${id}`,
  value,
];

/** The events known and those in quarantine, as `id value day`. */
async function contents(storage: Storage) {
  const lake = new Lake({ storage, catalog: new Catalog([landed, strict]), timeZone: "America/Sao_Paulo" });
  const known = await lake.read(strict).collect();
  const kept = await (await lake.readStored("silver.pagamento_quarantine")).collect();
  return {
    known: known.map((row) => `${row.id} ${row.valor} ${row.processed_date}`).sort(),
    quarantined: kept.map((row) => `${String(row["id"])} ${String(row["valor"])}`).sort(),
  };
}

const memory = new MemoryStorage();
let copies = 0;

async function prepared(): Promise<Storage> {
  const storage = memory.at(`lake${copies++}`);
  await land(storage, "1", [event(1, 1, "1.00"), event(2, 2, "-5.00"), event(2, 3, "x"), event(4, 4, "-1.00")]);
  await run(storage, strict, "2024-01-02");
  return storage;
}

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = memory.at(`lake${copies++}`);
  for (const { path } of await storage.list("")) await copy.put(path, (await storage.read(path)) ?? new Uint8Array());
  return copy;
}

const REPLAYED = {
  known: ["1 1.00 2024-01-01", "2 -5.00 2024-01-03", "4 -1.00 2024-01-04"],
  quarantined: ["3 x"],
};

describe("rows that a mended contract accepts", () => {
  test("leave the quarantine and become known, wherever the run breaks off", async () => {
    const start = await prepared();
    const undisturbed = await copyOf(start);
    const calls: StorageCall[] = [];
    await run(hooked(undisturbed, { before: (call) => calls.push(call) }), mended, "2024-01-04");
    expect(await contents(undisturbed)).toEqual(REPLAYED);
    for (const accident of some(accidentsAt(calls), 8)) {
      const storage = await copyOf(start);
      await run(spoiled(storage, accident), mended, "2024-01-04").catch(() => undefined);
      await run(storage, mended, "2024-01-04");
      await run(storage, mended, "2024-01-05");
      expect(await contents(storage), describeAccident(accident)).toEqual(REPLAYED);
    }
  }, 120_000);

  test("wait for an open day", async () => {
    const storage = await prepared();
    await run(storage, mended, "2024-01-02");
    await run(storage, mended, "2024-01-04");
    expect(await contents(storage)).toEqual(REPLAYED);
  });

  test("are not in quarantine when the first run of all broke off before the contract was mended", async () => {
    const storage = memory.at(`lake${copies++}`);
    await land(storage, "1", [event(1, 1, "1.00"), event(2, 2, "-5.00")]);
    const calls: StorageCall[] = [];
    await run(hooked(await copyOf(storage), { before: (call) => calls.push(call) }), strict, "2024-01-02");
    const commit = calls.find(({ name, path }) => name === "putIfAbsent" && path.startsWith("_delta_log"));
    if (commit === undefined) throw new Error("nothing was committed");
    await run(spoiled(storage, { call: commit, fault: "crashes after" }), strict, "2024-01-02").catch(() => undefined);
    await run(storage, mended, "2024-01-02");
    expect(await contents(storage)).toEqual({ known: ["1 1.00 2024-01-01", "2 -5.00 2024-01-02"], quarantined: [] });
  });
});
