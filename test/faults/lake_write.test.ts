import { describe, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { decimal, integer, long, text } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable, LANDING_COLUMNS } from "../../lib/contract/define_table.js";
import { examine } from "../../lib/contract/examine.js";
import { quarantine } from "../../lib/contract/expectation.js";
import { arrivals } from "../../lib/lake/arrivals.js";
import { Lake } from "../../lib/lake/lake.js";
import { newRows } from "../../lib/lake/new_rows.js";
import { originals } from "../../lib/quality/originals.js";
import { withdraw } from "../../lib/quality/withdraw.js";
import { writeChecked } from "../../lib/quality/write_checked.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import { concat } from "../../lib/relation/when.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { accidentsAt, describeAccident, hooked, type StorageCall, spoiled } from "./hooked_storage.js";
import { some } from "./rounds.js";

/** So that checkpoints are written too. */
const CHECKPOINTS = { "delta.checkpointInterval": "2" };

const landed = defineTable("bronze.itens", {
  description: "Items as they came",
  grain: "one line",
  columns: { id: text(), nome: text(), valor: text(), ano: text(), ...LANDING_COLUMNS },
});
const itens = defineTable("silver.itens", {
  properties: CHECKPOINTS,
  description: "Items",
  grain: "one item",
  reads: [landed],
  write: "merge",
  key: ["venda_id"],
  partitionBy: ["ano"],
  columns: {
    id: long().notNull(),
    nome: text(),
    valor: decimal(18, 2).notNull(),
    ano: integer().notNull(),
    arquivo_de_origem: text().notNull().computed(),
    venda_id: text().notNull().computed(),
  },
  expect: (t) => ({ valor_positivo: quarantine(t.valor.gt(0)) }),
});
const copia = defineTable("gold.copia", {
  properties: CHECKPOINTS,
  description: "Items again",
  grain: "one item",
  reads: [itens],
  write: "merge",
  key: ["venda_id"],
  columns: { id: long().notNull(), venda_id: text().notNull() },
});
const diario = defineTable("gold.diario", {
  properties: CHECKPOINTS,
  description: "Every version of an item",
  grain: "one version",
  reads: [itens],
  write: "append",
  columns: { id: long().notNull(), venda_id: text().notNull() },
});
const resumo = defineTable("gold.resumo", {
  properties: CHECKPOINTS,
  description: "Items by name",
  grain: "one name",
  reads: [itens],
  write: "overwrite",
  columns: { nome: text(), valor: decimal(38, 2) },
});
const TABLES = [landed, itens, copia, diario, resumo];

function open(storage: Storage): Lake {
  return new Lake({ storage, catalog: new Catalog(TABLES), timeZone: "America/Sao_Paulo" });
}

/** Lines of a file that arrives: id, name, value, year. */
async function land(lake: Lake, file: string, hour: number, lines: readonly (readonly string[])[]): Promise<void> {
  const moment = `2024-01-01T${String(hour).padStart(2, "0")}:00:00.000000Z`;
  const rows = lines.map((line, at) => [...line, null, null, file, String(at + 2), moment]);
  await lake.write(landed, scan({ kind: "values", rows }, landed.schema.fields, lake));
}

const FIRST = [
  ["1", "mesa", "1.50", "2014"],
  ["2", "cama", "2.00", "2015"],
  ["3", "x", "-1", "2015"],
  ["1", "mesa", "1.50", "2014"],
];
const SECOND = [
  ["1", "mesa", "1.50", "2014"],
  ["4", "faca", "9.99", "2015"],
  ["5", "y", "um", "2016"],
  ["6", "z", "0.00", "2014"],
];

async function silverStep(lake: Lake): Promise<void> {
  const taken = await arrivals(lake, itens, landed);
  const { unique, duplicates, withdrawn } = await originals(lake, itens, taken);
  const { accepted, faulty } = examine(unique, itens);
  const rows = accepted.extend((t) => ({
    arquivo_de_origem: t._file,
    venda_id: concat(t._file, ":", t._row.cast("string")),
  }));
  const account = { read: await taken.rows.count(), duplicates, withdrawn };
  await writeChecked(lake, itens, rows.select(itens.columnNames), faulty, account, taken);
}

async function incrementalStep(lake: Lake, table: AnyTable): Promise<void> {
  const fresh = await newRows(lake, table, itens);
  await lake.write(table, fresh.rows.select(["id", "venda_id"]), fresh);
}

async function overwriteStep(lake: Lake): Promise<void> {
  const groups = lake
    .read(itens)
    .groupBy("nome")
    .aggregate((t) => ({ valor: t.valor.sum() }));
  await lake.write(resumo, groups);
}

const memory = new MemoryStorage();
let lakes = 0;

/** A lake whose silver table has consumed one of two files. */
async function prepared(steps: (lake: Lake) => Promise<void>): Promise<Storage> {
  const storage = memory.at(`lake${lakes++}`);
  const lake = open(storage);
  await land(lake, "a", 1, FIRST);
  await silverStep(lake);
  await steps(lake);
  return storage;
}

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = memory.at(`lake${lakes++}`);
  for (const { path } of await storage.list("")) await copy.put(path, (await storage.read(path)) ?? new Uint8Array());
  return copy;
}

/** The rows of every stored table, in no particular order. */
async function contents(storage: Storage): Promise<Readonly<Record<string, readonly string[]>>> {
  const lake = open(storage);
  const found: Record<string, readonly string[]> = {};
  for (const name of [...TABLES.map((table) => table.name), "silver.itens_quarantine"]) {
    if ((await lake.snapshot(name)) === undefined) continue;
    const rows = await (await lake.readStored(name)).collect();
    found[name] = rows
      .map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)))
      .sort();
  }
  return found;
}

interface Operation {
  readonly name: string;
  /** What was done before; silver has consumed a first file then. */
  readonly before: (lake: Lake) => Promise<void>;
  readonly step: (lake: Lake) => Promise<unknown>;
  /** The table that it changes in one commit, if it is one. */
  readonly table?: string;
}

const landSecond = (lake: Lake): Promise<void> => land(lake, "b", 2, SECOND);
const OPERATIONS: readonly Operation[] = [
  { name: "a checked write with quarantine, made anew", before: landSecond, step: rebuildSilver },
  { name: "a checked write with quarantine, again", before: landSecond, step: silverStep, table: "silver.itens" },
  {
    name: "a merge into a new table",
    before: async () => undefined,
    step: (lake) => incrementalStep(lake, copia),
    table: "gold.copia",
  },
  {
    name: "a merge that updates and inserts",
    before: async (lake) => {
      await incrementalStep(lake, copia);
      await landSecond(lake);
      await silverStep(lake);
    },
    step: async (lake) => {
      const keys = lake.read(itens).select(["id", "venda_id"]);
      await lake.write(copia, keys);
    },
    table: "gold.copia",
  },
  {
    name: "an append",
    before: async (lake) => {
      await incrementalStep(lake, diario);
      await landSecond(lake);
      await silverStep(lake);
    },
    step: (lake) => incrementalStep(lake, diario),
    table: "gold.diario",
  },
  {
    name: "an append into a new table",
    before: landSecond,
    step: (lake) => incrementalStep(lake, diario),
    table: "gold.diario",
  },
  {
    name: "an overwrite",
    before: async (lake) => {
      await overwriteStep(lake);
      await landSecond(lake);
      await silverStep(lake);
    },
    step: overwriteStep,
    table: "gold.resumo",
  },
  {
    name: "a delete",
    before: async (lake) => incrementalStep(lake, copia),
    step: (lake) =>
      lake.delete(
        copia,
        lake
          .read(copia)
          .filter((t) => t.id.eq(2n))
          .select(["venda_id"]) as unknown as Relation,
      ),
    table: "gold.copia",
  },
];

/** All of silver once more, as after a change of its contract. */
async function rebuildSilver(lake: Lake): Promise<void> {
  Object.assign(process.env, { TSLAKE_RUN_ID: "test", TSLAKE_STEP: "silver.itens", TSLAKE_CODE_HASH: "another" });
  try {
    await silverStep(lake);
  } finally {
    for (const name of ["TSLAKE_RUN_ID", "TSLAKE_STEP", "TSLAKE_CODE_HASH"]) delete process.env[name];
  }
}

describe("every storage call of", () => {
  test.each(OPERATIONS)(
    "$name fails or is the last one: it is repeated and nothing is lost or doubled",
    async ({ before, step, table }) => {
      const start = await prepared(before);
      const undisturbed = await copyOf(start);
      const old = await contents(undisturbed);
      const calls: StorageCall[] = [];
      await step(open(hooked(undisturbed, { before: (call) => calls.push(call) })));
      const wanted = await contents(undisturbed);
      expect(wanted).not.toEqual(old);
      for (const accident of some(accidentsAt(calls), 12)) {
        const storage = await copyOf(start);
        const acknowledged = await step(open(spoiled(storage, accident))).then(
          () => true,
          () => false,
        );
        const story = describeAccident(accident);
        const then = await contents(storage);
        if (table !== undefined) expect([old[table], wanted[table]], story).toContainEqual(then[table]);
        if (acknowledged) expect(then, story).toEqual(wanted);
        await step(open(storage));
        expect(await contents(storage), story).toEqual(wanted);
      }
    },
    300_000,
  );
});

describe("a withdrawal that breaks off anywhere", () => {
  test("is finished by the next run or the next attempt", async () => {
    const before = async (lake: Lake): Promise<void> => {
      await incrementalStep(lake, copia);
      await landSecond(lake);
      await silverStep(lake);
      await incrementalStep(lake, copia);
    };
    const take = (storage: Storage) => withdraw(open(storage), { source: landed, silver: itens, gold: [copia] }, "a");
    const run = async (storage: Storage): Promise<void> => {
      await silverStep(open(storage));
      await incrementalStep(open(storage), copia);
    };
    const start = await prepared(before);
    const undisturbed = await copyOf(start);
    const old = await contents(undisturbed);
    const calls: StorageCall[] = [];
    await take(hooked(undisturbed, { before: (call) => calls.push(call) }));
    const wanted = await contents(undisturbed);
    for (const accident of some(accidentsAt(calls), 6)) {
      const storage = await copyOf(start);
      const done = await take(spoiled(storage, accident)).then(
        () => true,
        () => false,
      );
      await run(storage);
      const then = await contents(storage);
      expect([old, wanted], describeAccident(accident)).toContainEqual(then);
      if (done) expect(then, describeAccident(accident)).toEqual(wanted);
      await take(storage).catch(() => undefined);
      await run(storage);
      expect(await contents(storage), describeAccident(accident)).toEqual(wanted);
    }
  }, 300_000);

  test("does not hide from gold what silver has gained since", async () => {
    const storage = await prepared((lake) => incrementalStep(lake, copia));
    const lake = open(storage);
    await landSecond(lake);
    await silverStep(lake);
    await withdraw(open(storage), { source: landed, silver: itens, gold: [copia] }, "a:3");
    await incrementalStep(open(storage), copia);
    const [silver, gold] = [await open(storage).read(itens).collect(), await open(storage).read(copia).collect()];
    expect(gold.map((row) => row.venda_id).sort()).toEqual(silver.map((row) => row.venda_id).sort());
  });
});
