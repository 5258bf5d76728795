import type { AnyTable } from "../contract/define_table.js";
import { DataError } from "../errors.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Relation } from "../relation/relation.js";
import { rowText } from "../relation/row_text.js";

/** Rows that an error shows at most. */
const SHOWN = 3;

/**
 * Holds rows that nobody has examined to the expectations of their contract: what breaks a rule has no place to go to.
 * @param rows held, with the contract's columns
 * @returns how many rows break each rule that only warns, as `broken.<expectation>`, and any of them, as `warned`; nothing
 * where all rules are kept
 * @throws DataError for rows that break any other rule
 */
export async function holdToRules(table: AnyTable, rows: Relation): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  const warnings: { readonly isBroken: BooleanColumn; readonly count: number }[] = [];
  for (const { name, severity, condition } of table.expectations) {
    const isBroken = condition.orElse(false).not();
    const broken = rows.filter(() => isBroken);
    const count = await broken.count();
    if (count === 0) continue;
    if (severity !== "warn") throw await refusal(table, name, broken, count);
    counts[`broken.${name}`] = count;
    warnings.push({ isBroken, count });
  }
  const [first, ...others] = warnings;
  if (first === undefined) return counts;
  const anyBroken = others.reduce((any, { isBroken }) => any.or(isBroken), first.isBroken);
  const warned = others.length === 0 ? first.count : await rows.filter(() => anyBroken).count();
  return { ...counts, warned };
}

async function refusal(table: AnyTable, name: string, broken: Relation, count: number): Promise<DataError> {
  const shown = await broken.limit(SHOWN).collect();
  return new DataError(`${table.name}: rows break ${name}, nothing is written`, {
    where: { table: table.name },
    expected: `rows that keep ${name}`,
    actual: [`${count} ${count === 1 ? "row breaks" : "rows break"} it, for instance`, ...shown.map(rowText)].join(
      "\n",
    ),
    remedy: "leave such rows out before the write, or make the rule warn",
  });
}
