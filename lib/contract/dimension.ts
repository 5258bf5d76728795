import { ContractError } from "../errors.js";
import { type DataType, formatType } from "../types.js";
import { type ColumnSpec, long, text, timestamp } from "./column_spec.js";
import { type AnyTable, defineTable } from "./define_table.js";

/** A column of a star: its name there, and where its values come from. */
export interface StarColumn {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly description: string;
}

/** A column of a star that a column of the lake fills. */
export interface TakenColumn extends StarColumn {
  /** The column of the source table. */
  readonly source: string;
}

/** Names of the columns of a table. */
export type ColumnOfTable<T extends AnyTable> = keyof T["columns"] & string;

/** Which of several rows of a member says what it is: the latest, and at one time the greatest `tie`, as text. */
export interface Latest<C extends string> {
  readonly at: C;
  readonly tie: C;
}

/** What a dimension says; see `defineDimension`. */
export interface DimensionSpec<T extends AnyTable> {
  readonly description: string;
  /** The gold table whose rows its members are found in. */
  readonly from: T;
  /** Name of the surrogate key. */
  readonly key: string;
  /** What tells members apart, under the source's names. */
  readonly naturalKey: readonly ColumnOfTable<T>[];
  /** What is known of a member, under the source's names. */
  readonly attributes?: readonly ColumnOfTable<T>[];
  /** 1 (default): a member has its latest attributes. 2: it has a row for each time that they changed. */
  readonly type?: 1 | 2;
  /** Needed where there are attributes. */
  readonly latest?: Latest<ColumnOfTable<T>>;
}

/** A dimension whose members are rows of the lake, with integer surrogate keys that are kept for ever. */
export interface Dimension {
  readonly kind: "members";
  readonly name: string;
  readonly description: string;
  readonly key: string;
  readonly source: AnyTable;
  readonly naturalKey: readonly TakenColumn[];
  readonly attributes: readonly TakenColumn[];
  readonly type: 1 | 2;
  readonly latest: Latest<string> | undefined;
  /** The Delta table that keeps which key stands for which member. Rows are only ever added. */
  readonly keyMap: AnyTable;
  readonly columns: readonly StarColumn[];
}

/** A dimension of days: its key is the day as a number, `YYYYMMDD`, so that no map need keep it. */
export interface Calendar {
  readonly kind: "calendar";
  readonly name: string;
  readonly description: string;
  readonly key: string;
  readonly columns: readonly StarColumn[];
}

/** The key of the member that stands for "não informado". */
export const UNKNOWN_KEY = -1;
/** What the texts of that member say. */
export const UNKNOWN_TEXT = "não informado";

/** Columns of a type 2 dimension beside its own: from (included) and until when (excluded, null while it lasts) a version is valid. */
export const VALIDITY = { from: "valido_de", until: "valido_ate", current: "atual" } as const;
/** Columns of a key map beside the member's own. */
export const KEY_MAP = { key: "chave", opened: "aberta_em" } as const;

/**
 * Defines a dimension of a star. Its key map is the table `gold.chaves_<name without dim_>`.
 * @throws ContractError when the definition contradicts itself or its source
 */
export function defineDimension<T extends AnyTable>(name: string, spec: DimensionSpec<T>): Dimension {
  const { from, key, naturalKey, attributes = [], type = 1, latest } = spec;
  const refuse = refusal(name);
  checkName(name, "dim_");
  for (const column of [key, ...naturalKey, ...attributes]) if (!NAME.test(column)) refuse("not a column name", column);
  if (from.layer !== "gold") refuse("a dimension is made from a gold table", from.name);
  if (naturalKey.length === 0) refuse("a dimension needs a natural key", "none");
  const names = [key, ...naturalKey, ...attributes, ...(type === 2 ? Object.values(VALIDITY) : [])];
  const twice = names.find((column, i) => names.indexOf(column) !== i);
  if (twice !== undefined) refuse("a column stands in it twice", twice);
  if (attributes.length > 0 && latest === undefined) refuse("attributes need latest: which row says them", "none");
  if (type === 2 && attributes.length === 0) refuse("a type 2 dimension needs attributes", "none");
  const taken = (column: string): TakenColumn => takenColumn(name, from, column, column);
  const columnsOfKey = naturalKey.map(taken);
  const columnsOfAttributes = attributes.map(taken);
  if (latest) {
    for (const column of [latest.at, latest.tie])
      if (taken(column).nullable) refuse("latest names a column that may be null", column);
    if (taken(latest.at).type !== "timestamp_ntz") refuse("latest.at is not a timestamp", latest.at);
  }
  const described = (column: TakenColumn): StarColumn => ({
    name: column.name,
    type: column.type,
    nullable: true,
    description: column.description,
  });
  return {
    kind: "members",
    name,
    description: spec.description,
    key,
    source: from,
    naturalKey: columnsOfKey,
    attributes: columnsOfAttributes,
    type,
    latest,
    keyMap: keyMapOf(name, spec, columnsOfKey, columnsOfAttributes),
    columns: [
      keyColumn(key, spec.description),
      ...columnsOfKey.map(described),
      ...columnsOfAttributes.map(described),
      ...(type === 2 ? VALIDITY_COLUMNS : []),
    ],
  };
}

/**
 * What a calendar can tell of a day, as column and type. `dia_semana` counts from 1, Monday, to 7; `feriado` is a national
 * holiday of Brazil's; `ano_iso` is the year of the ISO week.
 */
export const CALENDAR_COLUMNS: Readonly<Record<string, DataType>> = {
  data: "date",
  ano: "integer",
  trimestre: "integer",
  mes: "integer",
  nome_mes: "string",
  dia: "integer",
  dia_semana: "integer",
  nome_dia_semana: "string",
  ano_iso: "integer",
  semana_iso: "integer",
  fim_de_semana: "boolean",
  feriado: "boolean",
  nome_feriado: "string",
};

/**
 * Defines a dimension of days; the load fills it with the whole years that the facts touch. The key, an integer, stands first,
 * under any name that is none of `CALENDAR_COLUMNS`; the other columns are some of those.
 * @throws ContractError for columns that the load cannot fill
 */
export function defineCalendar(
  name: string,
  spec: {
    readonly description: string;
    readonly key: string;
    readonly columns: Readonly<Record<string, ColumnSpec>>;
  },
): Calendar {
  checkName(name, "dim_");
  checkName(spec.key, "");
  const columns = Object.entries(spec.columns).map(([column, { type, nullable, description }]) => ({
    name: column,
    type,
    nullable: nullable || column !== spec.key,
    description,
  }));
  const [key, ...others] = columns;
  if (key?.name !== spec.key) refusal(name)("the key is the first column", key?.name ?? "none");
  if (CALENDAR_COLUMNS[spec.key] !== undefined) refusal(name)("the key has the name of another column", spec.key);
  checkFilled(name, spec.key, key?.type, "integer");
  for (const { name: column, type } of others) checkFilled(name, column, type, CALENDAR_COLUMNS[column]);
  return { kind: "calendar", name, description: spec.description, key: spec.key, columns };
}

function checkFilled(table: string, column: string, type: DataType | undefined, filled: DataType | undefined): void {
  if (filled !== undefined && type === filled) return;
  throw new ContractError(`${table}: a calendar cannot fill the column`, {
    where: { table, column },
    expected:
      filled === undefined
        ? `one of ${Object.keys(CALENDAR_COLUMNS).join(", ")}`
        : `a column of type ${String(filled)}`,
    actual: type === undefined ? column : `${column}: ${formatType(type)}`,
  });
}

/** A column of a source table under a name of the star. */
export function takenColumn(of: string, from: AnyTable, source: string, name: string): TakenColumn {
  const spec = from.columns[source];
  if (spec) return { name, source, type: spec.type, nullable: spec.nullable, description: spec.description };
  throw new ContractError(`${of} takes a column that ${from.name} lacks`, {
    where: { table: from.name, column: source },
    expected: `one of ${Object.keys(from.columns).join(", ")}`,
  });
}

/** @throws ContractError unless the name is a prefix and snake_case ASCII */
export function checkName(name: string, prefix: string): void {
  if (name.startsWith(prefix) && NAME.test(name)) return;
  throw new ContractError(`not a name in a star: ${name}`, { expected: `${prefix}x in lower-case ASCII` });
}

/** Whether a table of a star has the name, as opposed to a view: see `defineDimension`, `defineFact` and `defineStar`. */
export function isTableName(name: string): boolean {
  return /^(?:dim|fato)_/.test(name);
}

const NAME = /^[a-z][a-z0-9_]*$/;

const VALIDITY_COLUMNS: readonly StarColumn[] = [
  {
    name: VALIDITY.from,
    type: "timestamp_ntz",
    nullable: true,
    description: "Time of the first sale of this version",
  },
  {
    name: VALIDITY.until,
    type: "timestamp_ntz",
    nullable: true,
    description: "Time of the first sale of the next version, from which on this one is not valid; null while it is",
  },
  {
    name: VALIDITY.current,
    type: "boolean",
    nullable: false,
    description: "Whether this is the member's last version",
  },
];

function keyColumn(name: string, description: string): StarColumn {
  const what = `${description.replace(/[.;:,].*$/s, "")}: surrogate key, the same for ever`;
  return { name, type: "long", nullable: false, description: `${what}; ${UNKNOWN_KEY} is ${UNKNOWN_TEXT}` };
}

function keyMapOf<T extends AnyTable>(
  name: string,
  { from, type = 1 }: DimensionSpec<T>,
  naturalKey: readonly TakenColumn[],
  attributes: readonly TakenColumn[],
): AnyTable {
  return defineTable(`gold.${name.replace(/^dim_/, "chaves_")}`, {
    description: `Which surrogate key of ${name} stands for which member: kept for ever, so that a rebuilt warehouse has the same keys`,
    grain: type === 2 ? "one key, of a member and a state of its attributes" : "one key, of a member",
    reads: [from],
    write: "append",
    key: [KEY_MAP.key],
    columns: {
      [KEY_MAP.key]: long().notNull().describe("The surrogate key, from 1; no key is given twice"),
      ...Object.fromEntries(naturalKey.map((column) => [column.name, specOf(from, column).notNull()])),
      ...(type === 2 ? openedBy(from, attributes) : {}),
    },
  });
}

function openedBy(from: AnyTable, attributes: readonly TakenColumn[]): Readonly<Record<string, ColumnSpec>> {
  return {
    ...Object.fromEntries(attributes.map((column) => [column.name, specOf(from, column)])),
    [KEY_MAP.opened]: timestamp().notNull().describe("Time of the sale that opened the key"),
  };
}

function specOf(from: AnyTable, { source, description }: TakenColumn): ColumnSpec {
  return (from.columns[source] ?? text()).describe(description);
}

function refusal(name: string): (message: string, actual: string) => never {
  return (message, actual) => {
    throw new ContractError(`${name}: ${message}`, { where: { table: name }, actual });
  };
}
