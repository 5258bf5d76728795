import { type Dimension, KEY_MAP, VALIDITY } from "../contract/dimension.js";
import { valuesOf } from "../delta_table/values.js";
import { WarehouseError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { type Relation, type Shape, scan } from "../relation/relation.js";
import { rowText } from "../relation/row_text.js";
import { differs, renamed } from "./columns.js";
import type { Warehouse } from "./driver.js";
import type { Hold } from "./hold.js";
import { readKeyMap, recordKeys } from "./key_map.js";
import { type LoadPlan, lostKeys } from "./plan_load.js";
import { identifier } from "./sql.js";

/** Members that the warehouse is asked for at once: as many are in memory. */
const PAGE = 100_000;
/** Members that an error shows at most. */
const SHOWN = 5;

/**
 * Takes keys that a key map has lost (it was deleted or brought back to an earlier state) from the warehouse, which still has
 * them: no other member gets one of them. All of them are recorded in one commit, or none.
 * @throws WarehouseError when the map has given keys of the warehouse to other members
 * @throws ConflictError, transient, when another load gives keys at the same time
 */
export async function recoverKeys(
  lake: Lake,
  hold: Hold,
  warehouse: Warehouse,
  { full, last }: LoadPlan,
  dimension: Dimension,
): Promise<void> {
  // Lost keys are a reason to load everything.
  if (full === undefined || last?.definitions[dimension.name] === undefined) return;
  if ((await lostKeys(lake, dimension.keyMap, last)) === undefined) return;
  const { rows, greatest } = await loadedMembers(lake, hold, warehouse, dimension);
  const map = await readKeyMap(lake, dimension);
  const lost = await hold(rows.antiJoin(map.rows, [KEY_MAP.key]));
  await refuseOtherMembers(dimension, map.rows, rows, lost);
  lake.engine.release(rows.node);
  if ((await lost.count()) > 0) await recordKeys(lake, map, lost, greatest);
}

/** The members that the warehouse has, in the columns of the key map, and the greatest of their keys; 0 where there are none. */
async function loadedMembers(
  lake: Lake,
  hold: Hold,
  warehouse: Warehouse,
  dimension: Dimension,
): Promise<{ readonly rows: Relation; readonly greatest: bigint }> {
  const { fields } = dimension.keyMap.schema;
  let members: Relation = scan({ kind: "values", rows: [] }, fields, lake);
  for (let greatest = 0n; ; ) {
    const { rows } = await warehouse.query(pageOf(dimension, greatest));
    const last = rows.at(-1);
    if (last === undefined) return { rows: members, greatest };
    greatest = BigInt(String(last[KEY_MAP.key]));
    // What DuckDB holds, it holds in files; it remembers what it was given.
    const page = await lake.materialize<Shape>(scan(valuesOf(fields, rows), fields, lake));
    members = members.union(await hold(page));
    lake.engine.release(page.node);
  }
}

/** The next members whose keys are greater than `after`, in the columns of the key map. A version counts as opened when it became valid. */
function pageOf({ name, key, keyMap }: Dimension, after: bigint): string {
  const names = new Map<string, string>([
    [KEY_MAP.key, key],
    [KEY_MAP.opened, VALIDITY.from],
  ]);
  const columns = keyMap.columnNames.map(
    (column) => `${identifier(names.get(column) ?? column)} AS ${identifier(column)}`,
  );
  return `SELECT ${columns.join(", ")} FROM ${identifier(name)} WHERE ${identifier(key)} > ${after} ORDER BY ${identifier(key)} LIMIT ${PAGE}`;
}

/** A key that is recorded for another member, or a member of type 1 that has got another key, would be changed by the load. */
async function refuseOtherMembers(
  { name, keyMap, naturalKey, attributes, type }: Dimension,
  recorded: Relation,
  loaded: Relation,
  lost: Relation,
): Promise<void> {
  const natural = naturalKey.map((column) => column.name);
  const names = type === 2 ? [...natural, ...attributes.map((column) => column.name)] : natural;
  const other = (column: string): string => `_recorded_${column}`;
  const pairs = names.map((column) => [other(column), column] as const);
  const taken = loaded
    .join(renamed(recorded, { [KEY_MAP.key]: KEY_MAP.key, ...Object.fromEntries(pairs) }), [KEY_MAP.key])
    .filter((t) => differs(t, names, other))
    .select(loaded.columnNames);
  const moved = type === 1 ? lost.semiJoin(recorded, natural) : lost.limit(0);
  const found = await taken.union(moved).limit(SHOWN).collect();
  if (found.length === 0) return;
  throw new WarehouseError(`${keyMap.name} has other keys than ${name} in the warehouse; nothing was loaded`, {
    where: { table: keyMap.name },
    expected: "the keys that the warehouse has",
    actual: ["in the warehouse:", ...found.map(rowText)].join("\n"),
    remedy:
      "bring back the key map that the warehouse was loaded with, from a copy; or give up its keys: drop the star's tables there, or name another warehouse",
  });
}
