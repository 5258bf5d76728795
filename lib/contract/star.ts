import { DISPLAY, type Displayable } from "../display.js";
import { ContractError } from "../errors.js";
import { decimalOf, formatType } from "../types.js";
import { ColumnSpec } from "./column_spec.js";
import { type AnyTable, Table } from "./define_table.js";
import {
  type Calendar,
  type ColumnOfTable,
  checkName,
  type Dimension,
  isTableName,
  type StarColumn,
  type TakenColumn,
  takenColumn,
} from "./dimension.js";
import { starDictionary } from "./star_picture.js";
import { READABLE_SQL, type ViewSql } from "./view_sql.js";

/** A column of a fact that is taken as it is, or refers to a dimension. */
export type FactColumn<C extends string = string> =
  | { readonly role: "degenerate" | "measure"; readonly source: C }
  | { readonly role: "key"; readonly dimension: Dimension | Calendar; readonly by: readonly C[] | undefined };

/** What stands in a fact beside its measures: a number of a document, a time, a name without a dimension of its own. */
export function degenerate<const C extends string>(source: C): FactColumn<C> {
  return { role: "degenerate", source };
}

/** What is counted or added up: a decimal or an integer, whose sums are exact. */
export function measure<const C extends string>(source: C): FactColumn<C> {
  return { role: "measure", source };
}

/**
 * The key of a dimension's member.
 * @param by columns of the fact's source that hold the member's natural key, default those of the same names; of a calendar, the date or time
 */
export function keyOf(dimension: Dimension | Calendar): FactColumn<never>;
export function keyOf<const C extends string>(
  dimension: Dimension | Calendar,
  ...by: readonly [C, ...C[]]
): FactColumn<C>;
export function keyOf(dimension: Dimension | Calendar, ...by: readonly string[]): FactColumn {
  return { role: "key", dimension, by: by.length === 0 ? undefined : by };
}

/** What a fact table says; see `defineFact`. */
export interface FactSpec<T extends AnyTable> {
  readonly description: string;
  /** What one row is. */
  readonly grain: string;
  /** The gold table of which each row is a row. */
  readonly from: T;
  /** Columns, under the fact's names, that no two rows share. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, FactColumn<ColumnOfTable<T>>>>;
}

/** A key of a dimension in a fact. */
export interface FactKey {
  readonly column: StarColumn;
  readonly dimension: Dimension | Calendar;
  /** Columns of the fact's source, in the order of the dimension's natural key. */
  readonly by: readonly string[];
}

/** A fact table: one row for each row of its source. */
export interface Fact {
  readonly name: string;
  readonly description: string;
  readonly grain: string;
  readonly source: AnyTable;
  readonly key: readonly string[];
  readonly taken: readonly (TakenColumn & { readonly role: "degenerate" | "measure" })[];
  readonly keys: readonly FactKey[];
  /** All columns in order. */
  readonly columns: readonly StarColumn[];
}

/** A view for analysts. */
export interface StarView {
  readonly name: string;
  readonly description: string;
  /** Of every column, what it is. */
  readonly columns: Readonly<Record<string, string>>;
  /** One SELECT over the star's tables and views, in SQL that every engine understands but for what it is given. */
  readonly select: (sql: ViewSql) => string;
}

/** What a star says; see `defineStar`. */
export interface StarSpec {
  readonly description: string;
  readonly facts: readonly Fact[];
  readonly views?: readonly StarView[];
}

/** Facts with their dimensions, as analysts query them. A notebook shows it as a picture and a data dictionary. */
export interface Star extends Displayable {
  /** `warehouse.x`: the step of the pipeline that loads it. */
  readonly name: string;
  readonly description: string;
  readonly facts: readonly Fact[];
  /** Of all facts, each once, in order of first use. */
  readonly dimensions: readonly (Dimension | Calendar)[];
  readonly views: readonly StarView[];
  /** What it is in a catalog: a table of the layer `warehouse`, with the columns of its first fact. */
  readonly table: AnyTable;
  /** The Delta tables that keep its surrogate keys; the step writes them, they have none of their own. */
  readonly keyMaps: readonly AnyTable[];
}

/**
 * Defines a fact table over a gold table.
 * @throws ContractError when the definition contradicts itself or its source
 */
export function defineFact<T extends AnyTable>(name: string, spec: FactSpec<T>): Fact {
  checkName(name, "fato_");
  const { from } = spec;
  const refuse = refusal(name);
  if (from.layer !== "gold") refuse("a fact is made from a gold table", from.name);
  const taken: (TakenColumn & { readonly role: "degenerate" | "measure" })[] = [];
  const keys: FactKey[] = [];
  const columns = Object.entries(spec.columns).map(([column, what]): StarColumn => {
    checkName(column, "");
    if (what.role === "key") {
      const key = factKey(name, from, column, what);
      keys.push(key);
      return key.column;
    }
    const found = { ...takenColumn(name, from, what.source, column), role: what.role };
    if (what.role === "measure" && !isExact(found)) {
      throw new ContractError(`${name}: a measure is an exact number, whose sum is the same in every engine`, {
        where: { table: name, column },
        expected: "a decimal or an integer",
        actual: `${column}: ${formatType(found.type)}`,
        remedy: `cast it to a decimal in the notebook of ${from.name}`,
      });
    }
    taken.push(found);
    return found;
  });
  if (spec.key.length === 0) refuse("a fact needs a key", "none");
  for (const column of spec.key) {
    const found = taken.find((other) => other.name === column && other.role === "degenerate");
    if (found?.nullable !== false) refuse("the key is made of degenerate columns that are never null", column);
  }
  for (const { dimension, by } of keys) {
    if (dimension.kind === "calendar" || dimension.type === 1) continue;
    const own = dimension.naturalKey.map((column) => column.source);
    if (dimension.source.name !== from.name || own.join() !== by.join())
      refuse("the versions of a type 2 dimension follow the fact's own rows", dimension.name);
  }
  return { name, description: spec.description, grain: spec.grain, source: from, key: spec.key, taken, keys, columns };
}

/**
 * Defines a star; one load brings all of it into a warehouse.
 * @param name `warehouse.x`
 * @throws ContractError when two of its tables or views have one name, or a view begins as tables do
 */
export function defineStar(name: string, spec: StarSpec): Star {
  const refuse = refusal(name);
  if (!/^warehouse\.[a-z][a-z0-9_]*$/.test(name))
    refuse("not a star's name", "expected warehouse.x in lower-case ASCII");
  const { facts, views = [] } = spec;
  if (facts.length === 0) refuse("a star needs a fact", "none");
  const used = facts.flatMap((fact) => fact.keys.map(({ dimension }) => dimension));
  const dimensions = [...new Set(used)];
  const names = partNames({ dimensions, facts, views });
  const twice = names.find((part, i) => names.indexOf(part) !== i);
  if (twice !== undefined) refuse("two parts have one name", twice);
  const misnamed = views.find((view) => isTableName(view.name));
  if (misnamed) refuse("names that begin with dim_ or fato_ are those of tables, not of views", misnamed.name);
  const members = dimensions.filter((dimension) => dimension.kind === "members");
  const parts = { name, description: spec.description, facts, dimensions, views };
  const keyMaps = members.map((dimension) => dimension.keyMap);
  const star: Star = { ...parts, table: tableOf(parts), keyMaps, [DISPLAY]: () => starDictionary(star) };
  return star;
}

/** Names of the tables and views that a star has in a warehouse. */
export function partNames({ dimensions, facts, views }: Pick<Star, "dimensions" | "facts" | "views">): string[] {
  return [...dimensions, ...facts, ...views].map((part) => part.name);
}

function factKey(
  name: string,
  from: AnyTable,
  column: string,
  { dimension, by }: Extract<FactColumn, { readonly role: "key" }>,
): FactKey {
  const description = `${dimension.description.replace(/[.;:,].*$/s, "")}: key of ${dimension.name}`;
  const refuse = refusal(name);
  if (dimension.kind === "calendar") {
    const [source, ...others] = by ?? [];
    if (source === undefined || others.length > 0)
      return refuse("the key of a calendar needs one date or time", column);
    const { type } = takenColumn(name, from, source, column);
    if (type !== "date" && type !== "timestamp_ntz") refuse("not a date or time", source);
    const [key] = dimension.columns;
    return {
      column: { name: column, type: key?.type ?? "long", nullable: false, description },
      dimension,
      by: [source],
    };
  }
  const sources = by ?? dimension.naturalKey.map((part) => part.source);
  if (sources.length !== dimension.naturalKey.length)
    refuse("a key names as many columns as the natural key has", `${column}: ${sources.join(", ")}`);
  for (const [i, source] of sources.entries()) {
    const [own, other] = [takenColumn(name, from, source, source), dimension.naturalKey[i]];
    if (other === undefined || formatType(own.type) !== formatType(other.type))
      refuse("a key column has another type than the natural key", `${source}: ${formatType(own.type)}`);
  }
  return { column: { name: column, type: "long", nullable: false, description }, dimension, by: sources };
}

/** What a star is made of. */
type Parts = Pick<Star, "name" | "description" | "facts" | "dimensions" | "views">;

function tableOf(star: Parts): AnyTable {
  const [fact] = star.facts;
  const sources = [
    ...star.facts.map((one) => one.source.name),
    ...star.dimensions.flatMap((one) => (one.kind === "members" ? [one.source.name] : [])),
  ];
  return new Table(star.name, "warehouse", {
    description: star.description,
    grain: fact?.grain ?? "",
    reads: [...new Set(sources)],
    write: "overwrite",
    columns: Object.fromEntries(
      (fact?.columns ?? []).map((column) => [column.name, new ColumnSpec({ ...column, parse: { rule: "computed" } })]),
    ),
    properties: { "tslake.star": JSON.stringify(shapeOf(star)) },
  });
}

/** Everything that a load depends on, as plain values. */
function shapeOf({ facts, dimensions, views }: Parts): unknown {
  return {
    facts: facts.map(({ name, source, columns, keys, taken, key }) => ({
      name,
      source: source.name,
      columns,
      taken,
      keys: keys.map(({ column, dimension, by }) => [column.name, dimension.name, by]),
      key,
    })),
    dimensions: dimensions.map((one) =>
      one.kind === "calendar"
        ? [one.name, one.columns]
        : [one.name, one.source.name, one.type, one.columns, one.naturalKey, one.attributes, one.latest ?? null],
    ),
    views: views.map((view) => ({ ...view, select: view.select(READABLE_SQL) })),
  };
}

function isExact({ type }: StarColumn): boolean {
  return decimalOf(type) !== undefined || ["byte", "short", "integer", "long"].includes(String(type));
}

function refusal(name: string): (message: string, actual: string) => never {
  return (message, actual) => {
    throw new ContractError(`${name}: ${message}`, { where: { table: name }, actual });
  };
}
