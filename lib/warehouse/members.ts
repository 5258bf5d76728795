import { type Dimension, KEY_MAP } from "../contract/dimension.js";
import type { Star } from "../contract/star.js";
import type { Lake } from "../lake/lake.js";
import type { Relation } from "../relation/relation.js";
import { at } from "../relation/untyped.js";
import { known, renamed } from "./columns.js";
import type { Hold } from "./hold.js";
import { giveKeys, readKeyMap } from "./key_map.js";
import type { LoadPlan, LoadSource } from "./plan_load.js";

/** The members of a dimension that a load is about, with their keys. */
export interface Members {
  readonly dimension: Dimension;
  /** Rows of the dimension's table: those of every member that the load touches. */
  readonly rows: Relation;
  /** Natural key → key (`chave`), for facts of any time. */
  readonly keys: Relation;
  /** Type 2: natural key and time → key, for the facts of members that have changed. */
  readonly timed: Relation | undefined;
  /** Type 2, where only new rows are loaded: all facts of touched members with several keys, with `chave`: the older ones may have got another. */
  readonly facts: Relation | undefined;
}

/** Members of a type 1 dimension: one row each, with the latest attributes. */
export async function currentMembers(lake: Lake, hold: Hold, plan: LoadPlan, dimension: Dimension): Promise<Members> {
  const natural = dimension.naturalKey.map((column) => column.name);
  const map = await readKeyMap(lake, dimension);
  const touched = await hold(naturalKeysIn(plan, dimension, natural));
  const recorded = await hold(map.rows.semiJoin(touched, natural));
  const given = await giveKeys(lake, hold, map, touched.antiJoin(recorded, natural), (t) =>
    natural.map((name) => at(t, name)),
  );
  const keys = recorded.union(given);
  return {
    dimension,
    rows: withAttributes(plan, dimension, keys),
    keys,
    timed: undefined,
    facts: undefined,
  };
}

/** Every natural key in the rows that are loaded, of facts and of the dimension's own table; known by their key alone, members are placeholders. */
function naturalKeysIn(plan: LoadPlan, dimension: Dimension, natural: readonly string[]): Relation {
  const places = new Map<string, Relation>();
  const add = (source: LoadSource | undefined, columns: readonly string[]): void => {
    if (source === undefined) return;
    const names = Object.fromEntries(natural.map((name, i) => [name, columns[i] ?? name]));
    places.set(`${source.table.name}:${columns.join()}`, renamed(source.added, names));
  };
  add(
    plan.sources.get(dimension.source.name),
    dimension.naturalKey.map((column) => column.source),
  );
  for (const { source, keys } of plan.star.facts)
    for (const key of keys) if (key.dimension === dimension) add(plan.sources.get(source.name), key.by);
  const [first, ...others] = [...places.values()].map((rows) => known(rows, natural).distinct());
  if (first === undefined) throw new RangeError(`${dimension.name} is in no fact`);
  return others.length === 0 ? first : first.union(...others).distinct();
}

/** The rows of the dimension's table; where its own table does not know a member yet, without attributes. */
function withAttributes(plan: LoadPlan, dimension: Dimension, keys: Relation): Relation {
  const { attributes, latest, source } = dimension;
  const own = dimension.columns.map((column) => column.name);
  const named = renamed(keys, {
    [dimension.key]: KEY_MAP.key,
    ...Object.fromEntries(dimension.naturalKey.map(({ name }) => [name, name])),
  });
  const rows = plan.sources.get(source.name)?.all;
  if (attributes.length === 0 || latest === undefined || rows === undefined) return named;
  const natural = dimension.naturalKey.map((column) => column.name);
  const known = renamed(rows, {
    ...Object.fromEntries([...dimension.naturalKey, ...attributes].map((column) => [column.name, column.source])),
    _at: latest.at,
    _tie: latest.tie,
  })
    .semiJoin(keys, natural)
    .distinct(natural, (t) => [at(t, "_at").desc(), at(t, "_tie").desc()])
    .drop("_at", "_tie");
  return named.leftJoin(known, natural).select(own);
}

/** Of a star, the dimensions whose members are rows of the lake. */
export function memberDimensions(star: Star): readonly Dimension[] {
  return star.dimensions.filter((dimension) => dimension.kind === "members");
}
