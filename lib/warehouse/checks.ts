import { type Calendar, type Dimension, UNKNOWN_KEY, VALIDITY } from "../contract/dimension.js";
import type { Fact } from "../contract/star.js";
import { DataError } from "../errors.js";
import type { Relation } from "../relation/relation.js";
import { rowText } from "../relation/row_text.js";
import type { Value } from "../relation/runner.js";
import { decimalOf } from "../types.js";
import { renamed } from "./columns.js";
import type { QueryResult, WarehouseTransaction } from "./driver.js";
import { identifier, identifiers, matches } from "./sql.js";
import { factTable } from "./star_tables.js";
import { INTEGER_SUM, measuresOf } from "./totals.js";
import type { FactContent } from "./write_star.js";

/** Rows that an error shows at most. */
const SHOWN = 5;
const LAKE_KEYS = "tslake_chaves_do_lago";

/**
 * A fact table has the rows of its source, and every measure the same sum.
 * @returns the number of rows
 * @throws DataError that shows rows which are in one of both only
 */
export async function checkFact(
  transaction: WarehouseTransaction,
  stage: Stage,
  { fact, source, totals: wanted }: FactContent,
): Promise<number> {
  const measures = measuresOf(fact);
  const added = measures.map(({ name, type }) => {
    const values = decimalOf(type) ? identifier(name) : `CAST(${identifier(name)} AS ${INTEGER_SUM})`;
    return `SUM(${values}) AS ${identifier(name)}`;
  });
  const found = await transaction.query(
    `SELECT ${["COUNT(*) AS linhas", ...added].join(", ")} FROM ${identifier(fact.name)}`,
  );
  const row = found.rows[0] ?? {};
  for (const name of ["linhas", ...measures.map((column) => column.name)]) {
    if (sameNumber(wanted[name] ?? null, row[name] ?? null)) continue;
    const what = name === "linhas" ? "has another number of rows than" : `adds up ${name} otherwise than`;
    throw new DataError(`${fact.name} ${what} ${fact.source.name}; nothing was loaded`, {
      where: { table: fact.name },
      expected: String(wanted[name]),
      actual: [String(row[name]), ...(await strangers(transaction, stage, fact, source))].join("\n"),
      remedy: "load everything anew: npm run pipeline -- --full-refresh --select warehouse.*",
    });
  }
  return Number(row["linhas"]);
}

/** Makes a staging table of a relation. */
export type Stage = (
  name: string,
  like: Pick<ReturnType<typeof factTable>, "columns">,
  rows: Relation,
) => Promise<void>;

/**
 * Every row refers to members that are there.
 * @param rows the rows that are looked at, as SQL names them behind FROM
 * @param ranges of dimensions that need not be joined: see `keyRanges`
 * @throws DataError that shows rows which refer to none
 */
export async function checkOrphans(
  transaction: WarehouseTransaction,
  fact: Fact,
  rows: string,
  { keys = fact.keys, ranges = new Map() }: { readonly keys?: Fact["keys"]; readonly ranges?: KeyRanges } = {},
): Promise<void> {
  const found = keys.map(({ column, dimension }, i) => {
    const [own, other] = [`f.${identifier(column.name)}`, `d${i}.${identifier(dimension.key)}`];
    const range = ranges.get(dimension);
    if (range === undefined)
      return { member: other, join: `LEFT JOIN ${identifier(dimension.name)} d${i} ON ${other} = ${own}` };
    const isThere = `${own} BETWEEN ${range.first} AND ${range.last} OR ${own} = ${UNKNOWN_KEY}`;
    return { member: `CASE WHEN ${isThere} THEN 1 END`, join: "" };
  });
  const counts = found.map(({ member }, i) => `COUNT(*) - COUNT(${member}) AS n${i}`);
  const from = [`${rows} f`, ...found.map(({ join }) => join).filter((join) => join !== "")].join(" ");
  const [orphans = {}] = (await transaction.query(`SELECT ${counts.join(", ")} FROM ${from}`)).rows;
  for (const [i, { column, dimension }] of keys.entries()) {
    if (Number(orphans[`n${i}`] ?? 0) === 0) continue;
    const { member = "", join = "" } = found[i] ?? {};
    await refuse(
      transaction,
      `SELECT ${identifiers([...fact.key, column.name], "f")} FROM ${rows} f ${join} WHERE ${member} IS NULL`,
      `${fact.name}: ${column.name} refers to no row of ${dimension.name}`,
      fact.name,
    );
  }
}

/** Of dimensions, the least and the greatest key of their members, where each key between them and `UNKNOWN_KEY` is there. */
export type KeyRanges = ReadonlyMap<Dimension | Calendar, { readonly first: bigint; readonly last: bigint }>;

/**
 * Keys are given one after another: a dimension that has all of them is known by its first and last, to which the keys of
 * many facts are compared in less time than they are joined.
 */
export async function keyRanges(transaction: WarehouseTransaction, fact: Fact): Promise<KeyRanges> {
  const ranges = new Map<Dimension | Calendar, { readonly first: bigint; readonly last: bigint }>();
  const dimensions = [...new Set(fact.keys.map((key) => key.dimension))].filter(({ kind }) => kind === "members");
  if (dimensions.length === 0) return ranges;
  const selects = dimensions.map((dimension, i) => {
    const key = identifier(dimension.key);
    const own = `MIN(CASE WHEN ${key} <> ${UNKNOWN_KEY} THEN ${key} END) AS first_key, MAX(${key}) AS last_key`;
    const keys = `SELECT DISTINCT ${key} FROM ${identifier(dimension.name)}`;
    return `SELECT ${i} AS number, COUNT(*) AS keys, MIN(${key}) AS unknown, ${own} FROM (${keys}) k${i}`;
  });
  const { rows } = await transaction.query(selects.join(" UNION ALL "));
  for (const { number, keys, unknown, first_key: first, last_key: last } of rows) {
    const dimension = dimensions[Number(number)];
    if (dimension === undefined || typeof first !== "bigint" || typeof last !== "bigint") continue;
    const isWhole = Number(unknown) === UNKNOWN_KEY && BigInt(String(keys)) === last - first + 2n;
    if (isWhole) ranges.set(dimension, { first, last });
  }
  return ranges;
}

/**
 * Each member of a type 2 dimension has one current version, and its versions follow each other without gap or overlap.
 * @param table that holds every version of the members which are looked at
 * @throws DataError that shows the members
 */
export async function checkVersions(
  transaction: WarehouseTransaction,
  dimension: Dimension,
  table: string,
): Promise<void> {
  const natural = dimension.naturalKey.map((column) => column.name);
  const names = identifiers(natural, "d");
  const { from, until, current } = VALIDITY;
  const members = `${identifier(table)} d WHERE d.${identifier(dimension.key)} <> ${UNKNOWN_KEY}`;
  const refused = (sql: string, message: string): Promise<void> =>
    refuse(transaction, sql, `${dimension.name}: ${message}`, dimension.name);
  await refused(
    `SELECT ${names} FROM ${members} AND d.${identifier(current)} GROUP BY ${names} HAVING COUNT(*) <> 1`,
    "members with several current versions",
  );
  await refused(
    `SELECT ${names} FROM ${members} AND d.${identifier(current)} <> (d.${identifier(until)} IS NULL)`,
    "versions that are current and over, or neither",
  );
  // Where no version is over, all are current: there is nothing that could follow.
  const changed = `${members} AND EXISTS (SELECT 1 FROM ${identifier(table)} o WHERE o.${identifier(until)} IS NOT NULL AND ${matches(natural, "o", "d")})`;
  const versions = `SELECT ${names}, d.${identifier(from)} AS de, d.${identifier(until)} AS ate, LEAD(d.${identifier(from)}) OVER (PARTITION BY ${names} ORDER BY d.${identifier(from)}) AS proxima FROM ${changed}`;
  await refused(
    `SELECT * FROM (${versions}) v WHERE v.ate <= v.de OR v.ate <> v.proxima OR (v.ate IS NULL AND v.proxima IS NOT NULL) OR (v.ate IS NOT NULL AND v.proxima IS NULL)`,
    "versions that overlap or leave a gap",
  );
}

async function refuse(transaction: WarehouseTransaction, sql: string, message: string, table: string): Promise<void> {
  const { rows } = await transaction.query(`${sql} LIMIT ${SHOWN}`);
  if (rows.length === 0) return;
  throw new DataError(`${message}; nothing was loaded`, {
    where: { table },
    expected: "none",
    actual: rows.map(rowText).join("\n"),
    remedy: "load everything anew: npm run pipeline -- --full-refresh --select warehouse.*",
  });
}

/** Keys that only the lake has, or only the fact table. */
async function strangers(
  transaction: WarehouseTransaction,
  stage: Stage,
  fact: Fact,
  rows: Relation,
): Promise<readonly string[]> {
  const columns = factTable(fact).columns.filter(({ name }) => fact.key.includes(name));
  const sources = fact.taken.filter(({ name }) => fact.key.includes(name)).map(({ name, source }) => [name, source]);
  await stage(LAKE_KEYS, { columns }, renamed(rows, Object.fromEntries(sources)));
  const only = (one: string, other: string): string =>
    `SELECT ${identifiers(fact.key, "o")} FROM ${identifier(one)} o WHERE NOT EXISTS (SELECT 1 FROM ${identifier(other)} x WHERE ${matches(fact.key, "x", "o")}) LIMIT ${SHOWN}`;
  const missing = await transaction.query(only(LAKE_KEYS, fact.name));
  const surplus = await transaction.query(only(fact.name, LAKE_KEYS));
  return [...listed("missing", missing), ...listed("not in the lake", surplus)];
}

function listed(what: string, { rows }: QueryResult): readonly string[] {
  return rows.map((row) => `${what}: ${rowText(row)}`);
}

/** Whether two exact numbers are one, however they are written; the sum of nothing is 0. */
function sameNumber(a: Value, b: Value): boolean {
  return plain(a) === plain(b);
}

function plain(value: Value): string {
  if (value === null) return "0";
  const text = String(value);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
