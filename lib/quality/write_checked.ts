import { text, texts } from "../contract/column_spec.js";
import { type AnyTable, defineTable, LANDING_COLUMNS } from "../contract/define_table.js";
import type { Faulty } from "../contract/examine.js";
import type { Severity } from "../contract/expectation.js";
import { DataError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { currentMark, STEP_DOMAIN } from "../lake/step_mark.js";
import type { WriteOptions, WriteResult } from "../lake/write_result.js";
import { countRows } from "../relation/aggregate.js";
import type { AnyRelation, Relation } from "../relation/relation.js";
import { report } from "../run.js";

/** Where the rows of a run came from and went, before the table is written; counts of rows. */
export interface Account {
  /** New source rows. */
  readonly read: number;
  /** Rows of earlier runs that had waited until now. */
  readonly takenUp?: number;
  /** New rows that wait for a later run. */
  readonly waiting?: number;
  readonly duplicates: number;
  /** Rows that were withdrawn by command. */
  readonly withdrawn?: number;
}

/** What became of the rows of a run: `read + takenUp = written + duplicates + quarantined + dropped + waiting + withdrawn`. */
export interface Balance extends Required<Account> {
  readonly written: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly warned: number;
}

/** What a checked write records beside its rows. */
export interface CheckedOptions extends WriteOptions {
  /**
   * File and line of rows that leave the quarantine after the write, because they are among the rows now. The quarantine
   * is then marked with the step's code: it has been looked through.
   */
  readonly replayed?: Relation;
}

/** A write with its balance. */
export interface CheckedWrite extends WriteResult {
  readonly balance: Balance;
}

/**
 * Writes the accepted rows to a table and those of the faulty ones that it refuses to its quarantine, `<table>_quarantine`.
 * The quarantine is committed first: a run that is killed between the two repeats without doubling a row, because a
 * quarantined line is known by its file and row.
 * @throws DataError when a rule with severity `fail` is broken, or when rows are missing from the balance; then nothing is committed to the table
 */
export async function writeChecked(
  lake: Lake,
  table: AnyTable,
  rows: AnyRelation,
  faulty: Faulty,
  account: Account,
  options: CheckedOptions = {},
): Promise<CheckedWrite> {
  const held = await lake.materialize(faulty);
  const { fail = 0, quarantine: quarantined = 0, drop: dropped = 0, warn: warned = 0 } = await countFates(held);
  if (fail > 0) await refuseFatal(table, held);
  const known = { takenUp: 0, waiting: 0, withdrawn: 0, ...account, quarantined, dropped, warned };
  const recomputed = (await lake.recomputed(table.name)) !== undefined;
  if (!recomputed) await quarantine(lake, table, held, options);
  const result = await lake.write(table, rows, {
    ...options,
    metrics: { ...options.metrics, ...known },
    beforeCommit: (written) => checkBalance(table, { ...known, written }),
  });
  if (options.replayed && !recomputed) {
    await lake.delete(quarantineOf(table, held), options.replayed, { domains: lookedThrough(table) });
  }
  const balance: Balance = { ...known, written: result.metrics["written"] ?? 0 };
  report({ ...known });
  return { ...result, balance };
}

/** The contract of a table's quarantine: the raw rows of its source, with every reason. */
function quarantineOf(table: AnyTable, faulty: Faulty): AnyTable {
  const added = ["_fate", "_reasons", ...Object.keys(LANDING_COLUMNS)];
  const raw = faulty.columnNames.filter((name) => !added.includes(name));
  return defineTable(`${table.name}_quarantine`, {
    description: `Rows that ${table.name} refused, as they came, with every reason`,
    grain: "one refused source row",
    reads: table.reads,
    write: "merge",
    key: ["_file", "_row"],
    columns: {
      ...Object.fromEntries(raw.map((name) => [name, text()])),
      ...LANDING_COLUMNS,
      _reasons: texts().notNull().describe("Every rule that the row breaks"),
    },
  });
}

async function countFates(faulty: Faulty): Promise<Readonly<Partial<Record<Severity, number>>>> {
  const counts = await faulty
    .groupBy("_fate")
    .aggregate(() => ({ rows: countRows() }))
    .collect();
  return Object.fromEntries(counts.map((row) => [String(row._fate), Number(row.rows)]));
}

/** Adds refused rows; the quarantine of a table that is made, or made anew, holds no others. */
async function quarantine(lake: Lake, table: AnyTable, faulty: Faulty, options: WriteOptions): Promise<void> {
  const refused = await lake.materialize(faulty.filter((t) => t._fate.eq("quarantine")).drop("_fate"));
  const contract = quarantineOf(table, faulty);
  const exists = (await lake.snapshot(contract.name)) !== undefined;
  const rebuild = exists && (options.rebuild === true || options.readVersion === null);
  if (!rebuild && (await refused.count()) === 0) return;
  await lake.write(contract, refused, { rebuild, domains: exists ? {} : lookedThrough(table) });
}

/** Says that every row of a quarantine is there by the step's present code. */
function lookedThrough(table: AnyTable): Readonly<Record<string, unknown>> {
  const mark = currentMark(table.name);
  return mark === undefined ? {} : { [STEP_DOMAIN]: mark };
}

async function refuseFatal(table: AnyTable, faulty: Faulty): Promise<never> {
  const [row] = await faulty
    .filter((t) => t._fate.eq("fail"))
    .limit(1)
    .collect();
  throw new DataError(`${table.name}: a row breaks a rule that must hold`, {
    where: { table: table.name, file: String(row?._file), line: Number(row?._row) },
    actual: String(row?._reasons),
    remedy: "correct the file, or change the rule's severity in the contract",
  });
}

function checkBalance(table: AnyTable, balance: Balance): void {
  const taken = balance.read + balance.takenUp;
  const given =
    balance.written + balance.duplicates + balance.quarantined + balance.dropped + balance.waiting + balance.withdrawn;
  if (taken === given) return;
  throw new DataError(`${table.name}: rows do not add up, nothing is written`, {
    where: { table: table.name },
    expected: `${balance.read} read + ${balance.takenUp} taken up = ${taken}`,
    actual:
      `${balance.written} written + ${balance.duplicates} duplicates + ${balance.quarantined} quarantined + ` +
      `${balance.dropped} dropped + ${balance.waiting} waiting + ${balance.withdrawn} withdrawn = ${given}`,
    remedy: "look for a join or filter in the notebook that doubles or loses rows",
  });
}
