import { afterEach, beforeEach, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, long, text, timestamp } from "../../lib/contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { parsedNames } from "../../lib/contract/examine.js";
import { type Expectation, quarantine } from "../../lib/contract/expectation.js";
import { knownSince, takeEvents } from "../../lib/history/events.js";
import { Lake } from "../../lib/lake/lake.js";
import { writeChecked } from "../../lib/quality/write_checked.js";
import type { BooleanColumn } from "../../lib/relation/boolean_column.js";
import type { Relation } from "../../lib/relation/relation.js";
import { scan } from "../../lib/relation/relation.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

const chegadas = defineTable("bronze.leituras", {
  description: "Readings as they came",
  grain: "one reading",
  landing: { source: "leituras", files: ["*.csv"] },
  columns: { transaction_datetime: text(), transaction_date: text(), id: text(), ...LANDING_COLUMNS },
});

/** The contract with or without the rule that turns out to be too strict. */
function leituras(rule: (id: { lt(value: bigint): BooleanColumn }) => Readonly<Record<string, Expectation>>) {
  return defineTable("silver.leituras", {
    description: "Readings",
    grain: "one reading",
    reads: [chegadas],
    calendar: "leituras",
    columns: {
      transaction_datetime: timestamp().notNull(),
      transaction_date: date().notNull(),
      id: long().notNull(),
      processed_date: date().notNull().computed(),
    },
    expect: (t) => rule(t.id),
  });
}
const strict = leituras((id) => ({ id_pequeno: quarantine(id.lt(100n)) }));
const mended = leituras(() => ({}));

const storage = new MemoryStorage();
const lakeOf = (table: typeof strict) =>
  new Lake({ storage, catalog: new Catalog([chegadas, table]), timeZone: "America/Sao_Paulo" });

beforeEach(() => Object.assign(process.env, { TSLAKE_RUN_ID: "r", TSLAKE_STEP: "silver.leituras" }));
afterEach(() => {
  for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH", "TSLAKE_FULL_REFRESH"])
    delete process.env[name];
});

async function step(table: typeof strict, codeHash: string, day: string) {
  process.env["TSLAKE_CODE_HASH"] = codeHash;
  const lake = lakeOf(table);
  const lote = await takeEvents(lake, table, { date: day, from: null });
  const distintas = await lake.materialize(
    lote.due.distinct(parsedNames(table), (t) => [t._ingested_at, t._file, t._row]),
  );
  const ineditas = distintas.antiJoin(lake.read(table), parsedNames(table), { nullsEqual: true });
  const duplicates = (await lote.due.count()) - (await ineditas.count());
  const rows = ineditas
    .extend((t) => ({ processed_date: knownSince(t.transaction_date, lote.days) }))
    .select(table.columnNames);
  return writeChecked(lake, table, rows, lote.faulty, { ...lote.account, duplicates }, lote);
}

const ids = async (name: string): Promise<unknown[]> => {
  delete process.env["TSLAKE_STEP"];
  const rows = (await (await lakeOf(mended).readStored(name)).collect()) as readonly { readonly id: unknown }[];
  return rows.map((row) => String(row.id)).sort();
};

test("rows that a mended contract accepts leave the quarantine, and become known on the first open day", async () => {
  const arrived = scan<{ id: "string" }>(
    {
      kind: "values",
      rows: [1, 100, 200].map((id) => [
        "2023-01-02 10:00:00",
        "2023-01-02",
        String(id),
        null,
        null,
        "a.csv",
        String(id),
        "2023-01-10T00:00:00Z",
      ]),
    },
    chegadas.schema.fields,
  );
  delete process.env["TSLAKE_STEP"];
  await lakeOf(strict).write(chegadas, arrived as unknown as Relation);
  process.env["TSLAKE_STEP"] = "silver.leituras";
  expect((await step(strict, "one", "2023-01-10")).balance).toMatchObject({ read: 3, written: 1, quarantined: 2 });
  expect((await step(strict, "one", "2023-01-11")).balance).toMatchObject({ read: 0, takenUp: 0, written: 0 });
  expect((await step(mended, "two", "2023-01-12")).balance).toMatchObject({
    read: 0,
    takenUp: 2,
    written: 2,
    quarantined: 0,
  });
  expect((await step(mended, "two", "2023-01-13")).balance).toMatchObject({ read: 0, takenUp: 0, written: 0 });

  process.env["TSLAKE_FULL_REFRESH"] = "1";
  const refresh = await step(mended, "three", "2023-01-13");
  expect([refresh.committed, refresh.metrics]).toEqual([
    false,
    { written: 0, recomputed: 3, onlyAnew: 0, onlyStored: 0 },
  ]);
  const tooFew = await step(strict, "four", "2023-01-13");
  expect(tooFew.metrics).toEqual({ written: 0, recomputed: 1, onlyAnew: 0, onlyStored: 2 });

  expect(await ids("silver.leituras")).toEqual(["1", "100", "200"]);
  expect(await ids("silver.leituras_quarantine")).toEqual([]);
});
