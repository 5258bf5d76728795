import { type Dimension, KEY_MAP, VALIDITY } from "../contract/dimension.js";
import type { Star } from "../contract/star.js";
import type { Lake } from "../lake/lake.js";
import { countRows, min } from "../relation/aggregate.js";
import type { LongColumn } from "../relation/number_column.js";
import type { Columns, Relation, Shape } from "../relation/relation.js";
import type { WallClockColumn } from "../relation/time_column.js";
import { at, untyped } from "../relation/untyped.js";
import { lit, when } from "../relation/when.js";
import { lag, lastKnown } from "../relation/window.js";
import { all, differs, known, renamed } from "./columns.js";
import type { Hold } from "./hold.js";
import { giveKeys, type KeyMap, readKeyMap } from "./key_map.js";
import type { Members } from "./members.js";
import type { LoadPlan } from "./plan_load.js";

/** Columns of a version beside natural key and attributes. */
const [FROM, UNTIL, KEY] = [VALIDITY.from, VALIDITY.until, KEY_MAP.key];
/** Columns of a row of a member's history. */
const [TIME, TIE] = ["_at", "_tie"];
/** Column of a version: time of the last row of the version before; null of the first. */
const SINCE = "_since";

/**
 * Members of a type 2 dimension: a row for each time that their attributes changed, in the order of the facts' own times.
 * At one time the row with the greatest `tie` says what a member is. A version takes the smallest recorded key whose
 * attributes are its own and which was opened while it is valid; else, as the row that opened it may be gone, the smallest that
 * was opened since the version before was last seen; else a new one. No other version fits such a key: between two of the same
 * attributes there is one of others.
 */
export async function versionedMembers(lake: Lake, hold: Hold, plan: LoadPlan, dimension: Dimension): Promise<Members> {
  const names = namesOf(dimension);
  const map = await readKeyMap(lake, dimension);
  const history = historyIn(plan, dimension);
  if (plan.full === undefined) {
    const touched = await hold(known(added(plan, dimension), names.natural).distinct());
    const rows = await hold(history.semiJoin(touched, names.natural));
    const recorded = await hold(map.rows.semiJoin(touched, names.natural));
    const versions = await withKeys(lake, hold, names, versionsIn(names, rows), { ...map, rows: recorded });
    const timed = keysByTime(names, rows, versions);
    return {
      dimension,
      rows: dimensionRows(dimension, versions),
      keys: keysOfSingle(names, versions.limit(0)),
      timed: await hold(timed),
      facts: await hold(
        rows.semiJoin(withSeveralKeys(names, recorded, versions), names.natural).join(timed, [...names.natural, TIME]),
      ),
    };
  }
  const { steady, changing } = await steadyMembers(hold, names, history);
  const versions = await withKeys(lake, hold, names, steady.union(versionsIn(names, changing)), map);
  const ofChanging = versions.semiJoin(changing, names.natural);
  return {
    dimension,
    rows: dimensionRows(dimension, versions),
    keys: await hold(keysOfSingle(names, versions.antiJoin(changing, names.natural))),
    timed: await hold(keysByTime(names, changing, ofChanging)),
    facts: undefined,
  };
}

/** Members that were ever given a second key: the facts of all others have the only one that there is. */
function withSeveralKeys({ natural }: Names, recorded: Relation, versions: Relation): Relation {
  const columns = [...natural, KEY];
  return several(recorded.select(columns).union(versions.select(columns)).distinct(), natural);
}

/** Members that stand in more than one row. */
function several(rows: Relation, natural: readonly string[]): Relation {
  return rows
    .groupBy(...natural)
    .aggregate(() => ({ rows: countRows() }))
    .filter((t) => at<LongColumn>(t, "rows").gt(1n))
    .select(natural);
}

/** Names of the columns that histories and versions have. */
interface Names {
  readonly natural: readonly string[];
  readonly attributes: readonly string[];
}

function namesOf(dimension: Dimension): Names {
  return {
    natural: dimension.naturalKey.map((column) => column.name),
    attributes: dimension.attributes.map((column) => column.name),
  };
}

/** What each row of the source says of its member, and by which keys its facts are known. */
function historyIn(plan: LoadPlan, dimension: Dimension): Relation {
  const { source, naturalKey, attributes, latest } = dimension;
  const rows = plan.sources.get(source.name)?.all;
  if (rows === undefined || latest === undefined) throw new RangeError(`${dimension.name} has no history`);
  const own = renamed(rows, {
    ...Object.fromEntries([...naturalKey, ...attributes].map((column) => [column.name, column.source])),
    ...factKeys(plan.star, dimension),
    [TIME]: latest.at,
    [TIE]: latest.tie,
  });
  return known(
    own,
    naturalKey.map((column) => column.name),
  );
}

/** What the keys of the facts that have the dimension are called in a history: name there → column of the source. */
function factKeys(star: Star, dimension: Dimension): Readonly<Record<string, string>> {
  const facts = star.facts.filter(({ keys }) => keys.some((key) => key.dimension === dimension));
  const sources = facts.flatMap((fact) => fact.taken.filter(({ name }) => fact.key.includes(name)));
  return Object.fromEntries(sources.map(({ source }) => [factKeyName(source), source]));
}

/** A column of a fact's key in the rows of `Members.facts`. */
export function factKeyName(source: string): string {
  return `_fact_${source}`;
}

function added(plan: LoadPlan, { source, naturalKey }: Dimension): Relation {
  const rows = plan.sources.get(source.name)?.added;
  if (rows === undefined) throw new RangeError(`${source.name} is not loaded`);
  return renamed(rows, Object.fromEntries(naturalKey.map((column) => [column.name, column.source])));
}

/**
 * Members whose attributes never changed have one version, from their first row on: no history has to be put in order for
 * them. The rows of the others.
 */
async function steadyMembers(
  hold: Hold,
  { natural, attributes }: Names,
  history: Relation,
): Promise<{ readonly steady: Relation; readonly changing: Relation }> {
  const states = await hold(
    history.groupBy(...natural, ...attributes).aggregate((t) => ({ [FROM]: min(at<WallClockColumn>(t, TIME)) })),
  );
  const changing = await hold(several(states, natural));
  const none = lit(null, "timestamp_ntz");
  const steady = states.antiJoin(changing, natural).extend(() => ({ [UNTIL]: none, [SINCE]: none }));
  return { steady: untyped(steady), changing: await hold(history.semiJoin(changing, natural)) };
}

/** The versions that rows of histories make: natural key, attributes, from, until, since. */
function versionsIn({ natural, attributes }: Names, history: Relation): Relation {
  const before = (name: string): string => `_before_${name}`;
  const inOrder = (t: Columns<Shape>) => ({ partitionBy: natural.map((name) => at(t, name)), orderBy: [at(t, TIME)] });
  const states = history.distinct([...natural, TIME], (t) => [at(t, TIE).desc()]);
  const begins = states
    .extend((t) => ({
      ...Object.fromEntries(attributes.map((name) => [before(name), lag(at(t, name), inOrder(t))])),
      [SINCE]: lag(at(t, TIME), inOrder(t)),
    }))
    .filter((t) =>
      at(t, SINCE)
        .isNull()
        .or(differs(t, attributes, before)),
    );
  const versions = begins.select((t) => ({
    ...Object.fromEntries([...natural, ...attributes].map((name) => [name, at(t, name)])),
    [FROM]: at(t, TIME),
    [UNTIL]: lag(at(t, TIME), { ...inOrder(t), orderBy: [at(t, TIME).desc()] }),
    [SINCE]: at(t, SINCE),
  }));
  return untyped(versions);
}

/** Versions with their keys, held. */
async function withKeys(lake: Lake, hold: Hold, names: Names, versions: Relation, map: KeyMap): Promise<Relation> {
  const order = (t: Columns<Shape>) => [FROM, ...names.natural].map((name) => at(t, name));
  const opened = (rows: Relation): Relation => untyped(rows.extend((t) => ({ [KEY_MAP.opened]: at(t, FROM) })));
  if (map.isEmpty) return giveKeys(lake, hold, map, opened(versions), order);
  const found = await hold(opened(withRecordedKeys(names, versions, map)));
  const lacking = found.filter((t) => at(t, KEY).isNull());
  const given = await giveKeys(lake, hold, map, lacking, order);
  return found.filter((t) => at(t, KEY).isNotNull()).union(given.select(found.columnNames));
}

/** Each version with the recorded key that fits it; null where there is none. */
function withRecordedKeys({ natural, attributes }: Names, versions: Relation, map: KeyMap): Relation {
  const recorded = (name: string): string => `_recorded_${name}`;
  const keys = renamed(map.rows, {
    ...Object.fromEntries(natural.map((name) => [name, name])),
    ...Object.fromEntries(attributes.map((name) => [recorded(name), name])),
    _opened: KEY_MAP.opened,
    [KEY]: KEY,
  });
  const fitting = versions
    .join(keys, natural)
    .filter((t) =>
      all([
        differs(t, attributes, recorded).not(),
        at(t, SINCE)
          .isNull()
          .or(at<WallClockColumn>(t, "_opened").gt(at<WallClockColumn>(t, SINCE))),
        at(t, UNTIL)
          .isNull()
          .or(at<WallClockColumn>(t, "_opened").lt(at<WallClockColumn>(t, UNTIL))),
      ]),
    )
    .extend((t) => {
      const whileValid = at<WallClockColumn>(t, "_opened").ge(at<WallClockColumn>(t, FROM));
      return { _valid: when(whileValid, at<LongColumn>(t, KEY)).otherwise(lit(null, "long")) };
    })
    .groupBy(...natural, FROM)
    .aggregate((t) => ({ _valid: min(at<LongColumn>(t, "_valid")), [KEY]: min(at<LongColumn>(t, KEY)) }))
    .extend((t) => ({ [KEY]: at<LongColumn>(t, "_valid").orElse(at<LongColumn>(t, KEY)) }))
    .drop("_valid");
  return versions.leftJoin(fitting, [...natural, FROM]);
}

/** Natural key → key of members with one version. */
function keysOfSingle({ natural }: Names, versions: Relation): Relation {
  return versions.select([...natural, KEY]);
}

/** Natural key and time → key: each version holds from its beginning to the next. */
function keysByTime({ natural }: Names, history: Relation, versions: Relation): Relation {
  const times = history.select([...natural, TIME]).distinct();
  const begins = renamed(versions, {
    ...Object.fromEntries(natural.map((name) => [name, name])),
    [TIME]: FROM,
    [KEY]: KEY,
  });
  const keys = times.leftJoin(begins, [...natural, TIME]).extend((t) => ({
    [KEY]: lastKnown(at(t, KEY), { partitionBy: natural.map((name) => at(t, name)), orderBy: [at(t, TIME)] }),
  }));
  return untyped(keys);
}

function dimensionRows(dimension: Dimension, versions: Relation): Relation {
  const named = versions.extend((t) => ({
    [dimension.key]: at(t, KEY),
    [VALIDITY.current]: at(t, UNTIL).isNull(),
  }));
  return named.select(dimension.columns.map((column) => column.name));
}
