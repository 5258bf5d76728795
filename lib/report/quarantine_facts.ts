import { quarantineName } from "../contract/quarantine_name.js";
import type { Lake } from "../lake/lake.js";
import type { Value } from "../relation/runner.js";

/** The rows that a table has refused and still keeps. */
export interface QuarantineFacts {
  readonly rows: bigint;
  /** How many of the rows looked at break each rule, most first. */
  readonly reasons: readonly (readonly [reason: string, rows: number])[];
  /** Rows looked at for `reasons`. */
  readonly lookedAt: number;
  /** The first rows by file and line, as they came. */
  readonly shown: readonly RefusedRow[];
}

export interface RefusedRow {
  readonly file: string;
  readonly line: string;
  readonly reasons: readonly string[];
  /** The values as they came, without empty ones. */
  readonly values: readonly (readonly [column: string, value: string])[];
}

const LOOKED_AT = 5_000;
const SHOWN = 50;

/** Undefined for a table that has refused nothing. */
export async function quarantineFacts(lake: Lake, table: string): Promise<QuarantineFacts | undefined> {
  const name = quarantineName(table);
  const snapshot = await lake.snapshot(name);
  const rows = await snapshot?.numRecords();
  if (snapshot === undefined || rows === 0n) return undefined;
  const stored = await lake.readStored(name);
  const found = await stored
    .orderBy((t) => ["_file", "_row"].flatMap((column) => t[column] ?? []))
    .limit(LOOKED_AT)
    .collect();
  const tally = new Map<string, number>();
  for (const row of found)
    for (const reason of reasonsOf(row)) {
      const rule = ruleOf(reason);
      tally.set(rule, (tally.get(rule) ?? 0) + 1);
    }
  return {
    rows: rows ?? BigInt(found.length),
    reasons: [...tally].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)),
    lookedAt: found.length,
    shown: found.slice(0, SHOWN).map(refusedRow),
  };
}

function refusedRow(row: Readonly<Record<string, Value>>): RefusedRow {
  const values = Object.entries(row).flatMap(([column, value]): [string, string][] =>
    (column.startsWith("_") && column !== "_corrupt_record" && column !== "_rescued") || value === null || value === ""
      ? []
      : [[column, String(value)]],
  );
  return { file: String(row["_file"]), line: String(row["_row"]), reasons: reasonsOf(row), values };
}

function reasonsOf(row: Readonly<Record<string, Value>>): readonly string[] {
  const reasons = row["_reasons"];
  return Array.isArray(reasons) ? reasons.map(String) : [];
}

/** A reason without the value that broke the rule. */
function ruleOf(reason: string): string {
  const unreadable = /^(\S+ is not .+?): /.exec(reason);
  return unreadable?.[1] ?? reason;
}
