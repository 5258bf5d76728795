import { text, texts } from "../contract/column_spec.js";
import { type AnyTable, defineTable, LANDING_COLUMNS } from "../contract/define_table.js";
import type { Faulty } from "../contract/examine.js";
import type { Severity } from "../contract/expectation.js";
import { quarantineName } from "../contract/quarantine_name.js";
import { DataError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { currentMark, STEP_DOMAIN } from "../lake/step_mark.js";
import type { WriteOptions, WriteResult } from "../lake/write_result.js";
import { countRows } from "../relation/aggregate.js";
import type { RelationNode } from "../relation/node.js";
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
 * The quarantine is committed right before the table: a run that is killed between the two repeats without doubling a row,
 * because a quarantined line is known by its file and row. Where every examined row was written, no faulty one is looked for.
 * @throws DataError when a rule with severity `fail` is broken, or when rows are missing from the balance; then, as when the
 * table refuses the rows, nothing is committed
 */
export async function writeChecked(
  lake: Lake,
  table: AnyTable,
  rows: AnyRelation,
  faulty: Faulty,
  account: Account,
  options: CheckedOptions = {},
): Promise<CheckedWrite> {
  const recomputed = (await lake.recomputed(table.name)) !== undefined;
  const examined = recomputed ? undefined : await examinedRows(lake, table, rows, faulty, options);
  let refused = examined === undefined ? await refusedRows(lake, table, faulty) : NONE;
  const known = (): Omit<Balance, "written"> => ({
    takenUp: 0,
    waiting: 0,
    withdrawn: 0,
    ...account,
    ...refused.fates,
  });
  const result = await lake.write(table, rows, {
    ...options,
    isExamined: true,
    beforeCommit: async (written) => {
      if (examined !== undefined && written !== examined) refused = await refusedRows(lake, table, faulty);
      checkBalance(table, { ...known(), written });
      if (refused.rows) await quarantine(lake, table, refused.rows, options);
      return { ...known(), ...refused.broken };
    },
  });
  if (options.replayed && !recomputed) {
    await lake.delete(quarantineOf(table, faulty), options.replayed, { domains: lookedThrough(table) });
  }
  const balance: Balance = { ...known(), written: result.metrics["written"] ?? 0 };
  report({ ...known() });
  return { ...result, balance };
}

/** How many of the faulty rows met which fate. */
type Fates = Pick<Balance, "quarantined" | "dropped" | "warned">;

/** Faulty rows, what becomes of them, and why: rows by the rule that they break, as `countBroken` names it. */
interface Refused {
  /** Held; undefined where none was looked for. */
  readonly rows?: Faulty;
  readonly fates: Fates;
  readonly broken: Readonly<Record<string, number>>;
}

const NONE: Refused = { fates: { quarantined: 0, dropped: 0, warned: 0 }, broken: {} };

/**
 * How many rows were examined, where as many written ones mean that there is no faulty row to care for: the rows are the
 * accepted ones, each once; no rule only warns; no older quarantine has to go. Undefined where faulty rows must be looked for.
 */
async function examinedRows(
  lake: Lake,
  table: AnyTable,
  rows: AnyRelation,
  faulty: Faulty,
  options: WriteOptions,
): Promise<number | undefined> {
  const [examined, divided] = [dividedInput(rows.node), dividedInput(faulty.node)];
  if (examined === undefined || examined !== divided) return undefined;
  if (table.expectations.some(({ severity }) => severity === "warn")) return undefined;
  if (isMadeAnew(options) && (await lake.snapshot(quarantineName(table.name))) !== undefined) return undefined;
  return lake.count(belowProjections(examined));
}

/** The rows that a filter divides, of which nothing but projections stands above it. */
function dividedInput(node: RelationNode): RelationNode | undefined {
  const filter = belowProjections(node);
  return filter.op === "filter" ? filter.input : undefined;
}

/** A projection has as many rows as its input. */
function belowProjections(node: RelationNode): RelationNode {
  return node.op === "project" ? belowProjections(node.input) : node;
}

/** @throws DataError when one breaks a rule with severity `fail` */
async function refusedRows(lake: Lake, table: AnyTable, faulty: Faulty): Promise<Refused> {
  const rows = await lake.materialize(faulty);
  const { fail = 0, quarantine: quarantined = 0, drop: dropped = 0, warn: warned = 0 } = await countFates(rows);
  if (fail > 0) await refuseFatal(table, rows);
  const broken = await countBroken(table, rows, quarantined + dropped + warned);
  return { rows, fates: { quarantined, dropped, warned }, broken };
}

/** The contract of a table's quarantine: the raw rows of its source, with every reason. */
function quarantineOf(table: AnyTable, faulty: Faulty): AnyTable {
  const added = ["_fate", "_reasons", ...Object.keys(LANDING_COLUMNS)];
  const raw = faulty.columnNames.filter((name) => !added.includes(name));
  return defineTable(quarantineName(table.name), {
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

/** More faulty rows than these are not counted rule by rule. */
const COUNTED = 100_000;

/**
 * How many of the faulty rows break each rule: `broken.<expectation>` by the contract's name, and `unreadable` for rows with
 * a value that is missing or cannot be read. Rules that no row breaks are absent, and all of them where there are too many rows.
 */
async function countBroken(table: AnyTable, faulty: Faulty, rows: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  if (rows === 0 || rows > COUNTED) return counts;
  const names = new Set(table.expectations.map(({ name }) => name));
  for (const { _reasons } of await faulty.select(["_reasons"]).collect()) {
    const reasons = Array.isArray(_reasons) ? _reasons.map(String) : [];
    for (const rule of new Set(reasons.map((reason) => ruleOf(reason, names)))) counts[rule] = (counts[rule] ?? 0) + 1;
  }
  // Rows come in no certain order; what is told of them does.
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ruleOf(reason: string, names: ReadonlySet<string>): string {
  const rule = /^breaks (.+)$/s.exec(reason)?.[1];
  return rule !== undefined && names.has(rule) ? `broken.${rule}` : "unreadable";
}

/** Whether a table is made, or made anew, and its quarantine with it. */
function isMadeAnew({ rebuild, readVersion }: WriteOptions): boolean {
  return rebuild === true || readVersion === null;
}

/** Adds refused rows; the quarantine of a table that is made, or made anew, holds no others. */
async function quarantine(lake: Lake, table: AnyTable, faulty: Faulty, options: WriteOptions): Promise<void> {
  const refused = await lake.materialize(faulty.filter((t) => t._fate.eq("quarantine")).drop("_fate"));
  const contract = quarantineOf(table, faulty);
  const exists = (await lake.snapshot(contract.name)) !== undefined;
  const rebuild = exists && isMadeAnew(options);
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
