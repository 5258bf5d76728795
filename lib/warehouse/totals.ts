import type { Fact } from "../contract/star.js";
import { countRows } from "../relation/aggregate.js";
import type { DecimalColumn } from "../relation/number_column.js";
import type { Value } from "../relation/runner.js";
import { at } from "../relation/untyped.js";
import { decimalOf } from "../types.js";
import type { Hold } from "./hold.js";
import type { LoadPlan } from "./plan_load.js";

/** Number of rows, and the sum of each measure by its name. */
export type Totals = Readonly<Record<string, Value>>;

/** What integers are added up as: their sum may need more than 64 bits. */
export const INTEGER_SUM = "decimal(38,0)";

/** What the rows of a fact's source add up to. */
export async function totalsOf(fact: Fact, plan: LoadPlan, hold: Hold): Promise<Totals> {
  const rows = plan.sources.get(fact.source.name)?.all;
  if (rows === undefined) return {};
  const totals = rows.groupBy().aggregate((t) => ({
    linhas: countRows(),
    ...Object.fromEntries(
      measuresOf(fact).map(({ name, source, type }) => {
        const values = at(t, source);
        return [name, (decimalOf(type) ? (values as DecimalColumn) : values.cast(INTEGER_SUM)).sum()];
      }),
    ),
  }));
  return (await (await hold(totals)).collect())[0] ?? {};
}

/** What of a fact is added up. */
export function measuresOf(fact: Fact): Fact["taken"] {
  return fact.taken.filter(({ role }) => role === "measure");
}
