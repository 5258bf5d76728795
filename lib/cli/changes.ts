import type { DeltaTable } from "../delta_table/delta_table.js";
import { UsageError } from "../errors.js";
import type { Relation } from "../relation/relation.js";
import { at } from "../relation/untyped.js";
import { lit } from "../relation/when.js";
import { formatType } from "../types.js";
import { type FoundTable, tableAsOf } from "./find_table.js";
import { type ShowOptions, showRelation } from "./show.js";

/** Which change a row is, under the names that Delta's change data feed has for them. */
const CHANGE = "_change_type";

/**
 * What has changed since a past version of a table: where the table records its changes (`delta.enableChangeDataFeed`),
 * these, commit by commit; else what differs between that version and the newest: rows added (`insert`) and gone
 * (`delete`); with a key, a row that replaced another is `update_postimage`, the one before it `update_preimage`.
 * @throws UsageError for an unknown version
 */
export async function showChanges(
  found: FoundTable & { readonly table: DeltaTable },
  since: number,
  options: ShowOptions,
): Promise<string> {
  const { name, table, contract } = found;
  if (since > table.version) {
    throw new UsageError(`${name} has no version ${since}`, {
      expected: `0 to ${table.version}`,
      actual: String(since),
    });
  }
  const { configuration } = (await table.snapshot()).metadata;
  if (configuration["delta.enableChangeDataFeed"] === "true" && since < table.version) {
    return showRelation(await table.changes({ from: since + 1 }), options);
  }
  const nested = table.fields.find(({ type }) => typeof type !== "string");
  if (nested !== undefined) {
    throw new UsageError(`${name} has nested columns, whose rows cannot be compared`, {
      where: { column: nested.name },
      actual: formatType(nested.type),
      remedy: `Let the table record its changes: npx tslake properties ${name} --set delta.enableChangeDataFeed=true`,
    });
  }
  const before = (await tableAsOf(found, { version: since })).read();
  return showRelation(changesBetween(before, table.read(), contract?.key ?? []), options);
}

function changesBetween(before: Relation, now: Relation, key: readonly string[]): Relation {
  const columns = now.columnNames;
  const old = inShapeOf(before, now);
  const added = now.antiJoin(old, columns, { nullsEqual: true });
  const gone = old.antiJoin(now, columns, { nullsEqual: true });
  if (key.length === 0) return marked(gone, "delete").union(marked(added, "insert"));
  return marked(gone.antiJoin(added, key), "delete").union(
    marked(gone.semiJoin(added, key), "update_preimage"),
    marked(added.semiJoin(gone, key), "update_postimage"),
    marked(added.antiJoin(gone, key), "insert"),
  );
}

/** Former rows with the present columns and types: those that the table has gained since are null. */
function inShapeOf(rows: Relation, { fields }: Relation): Relation {
  const known = new Map(rows.fields.map(({ name, type }) => [name, formatType(type)]));
  return rows.select((t) =>
    Object.fromEntries(
      fields.map(({ name, type }) => {
        const former = known.get(name);
        if (former === undefined) return [name, lit(null, type)];
        return [name, former === formatType(type) ? at(t, name) : at(t, name).cast(type)];
      }),
    ),
  );
}

function marked(rows: Relation, change: string): Relation {
  const marks = rows.extend(() => ({ [CHANGE]: lit(change) }));
  return marks.select([CHANGE, ...rows.columnNames]);
}
