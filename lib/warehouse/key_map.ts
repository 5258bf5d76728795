import type { Dimension } from "../contract/dimension.js";
import { KEY_MAP } from "../contract/dimension.js";
import { ConflictError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { max } from "../relation/aggregate.js";
import type { Column } from "../relation/column.js";
import type { SortKey } from "../relation/expr.js";
import type { LongColumn } from "../relation/number_column.js";
import { type Columns, type Relation, type Shape, scan } from "../relation/relation.js";
import { lit } from "../relation/when.js";
import { rowNumber } from "../relation/window.js";
import type { Hold } from "./hold.js";

/** Under this application id a key map's log says how far its keys have come. */
const GREATEST_KEY = "tslake.greatestKey";

/** The recorded keys of a dimension. */
export interface KeyMap {
  readonly dimension: Dimension;
  /** As its table is; no rows while there is none. */
  readonly rows: Relation;
  readonly isEmpty: boolean;
  /** The greatest key ever given; 0 when none was. */
  readonly greatest: bigint;
  /** The table's version: keys are only given where nobody has given others meanwhile. */
  readonly readVersion: number | null;
}

/** What was recorded of a dimension's keys so far. */
export async function readKeyMap(lake: Lake, dimension: Dimension): Promise<KeyMap> {
  const { keyMap } = dimension;
  const snapshot = await lake.snapshot(keyMap.name);
  if (snapshot === undefined) {
    const none: Relation = scan({ kind: "values", rows: [] }, keyMap.schema.fields, lake);
    return { dimension, rows: none, isEmpty: true, greatest: 0n, readVersion: null };
  }
  const { version } = snapshot;
  const rows: Relation = scan({ kind: "table", table: keyMap.name, version }, keyMap.schema.fields, lake);
  const [found] = await rows
    .groupBy()
    .aggregate((t) => ({ greatest: max(t[KEY_MAP.key] as LongColumn) }))
    .collect();
  const there = (found?.greatest ?? 0n) as bigint;
  // Rows of a table that was brought back to an earlier state have gone; what its log marks has not.
  const marked = (await snapshot.txn(GREATEST_KEY)) ?? 0n;
  return {
    dimension,
    rows,
    isEmpty: there === 0n,
    greatest: marked > there ? marked : there,
    readVersion: version,
  };
}

/**
 * Gives new members their keys, the numbers after the greatest one in an order of their own, and records them: that is
 * committed before a warehouse sees the keys, so that a load that breaks off gives the same ones when it is repeated.
 * @param members with the map's columns except the key, and others; none of them has one
 * @returns the members with their keys, held
 * @throws ConflictError when another load has given keys meanwhile
 */
export async function giveKeys(
  lake: Lake,
  hold: Hold,
  map: KeyMap,
  members: Relation,
  order: (t: Columns<Shape>) => readonly (Column | SortKey)[],
): Promise<Relation> {
  const given = await hold(
    members.extend((t) => ({
      [KEY_MAP.key]: rowNumber({ partitionBy: [], orderBy: order(t) }).plus(lit(map.greatest)),
    })),
  );
  const count = await given.count();
  if (count > 0) await recordKeys(lake, map, given, map.greatest + BigInt(count));
  return given;
}

/**
 * Adds keys to a map, in one commit.
 * @param keys at least one, with the map's columns, and others
 * @param greatest of these
 * @throws ConflictError when another load has given keys since the map was read
 */
export async function recordKeys(lake: Lake, map: KeyMap, keys: Relation, greatest: bigint): Promise<void> {
  const { keyMap } = map.dimension;
  // The mark is what another load that gives keys at the same time fails by.
  const txns = { [GREATEST_KEY]: Number(greatest > map.greatest ? greatest : map.greatest) };
  try {
    await lake.write(keyMap, keys.select(keyMap.columnNames), { readVersion: map.readVersion, txns });
  } catch (cause) {
    if (map.readVersion !== null || (await lake.snapshot(keyMap.name)) === undefined) throw cause;
    throw new ConflictError(`${keyMap.name}: another load has given the first keys meanwhile`, {
      where: { table: keyMap.name },
      remedy: "load again",
      transient: true,
      cause,
    });
  }
}
