import { DISPLAY, type Displayable, type MimeBundle } from "../display.js";
import { ContractError } from "../errors.js";
import type { Kind } from "../relation/column.js";
import { columnsIn } from "../relation/expr.js";
import type { Source } from "../relation/node.js";
import { type Columns, scan } from "../relation/relation.js";
import type { ValueOf } from "../relation/runner.js";
import { field, type StructField, type StructType } from "../types.js";
import { checkColumnSpec } from "./check_column.js";
import { type ColumnSpec, instant, type KindOfSpec, long, text } from "./column_spec.js";
import { dataDictionary } from "./data_dictionary.js";
import type { Expectation } from "./expectation.js";

/** The layers, from source to product; a table reads its own layer or lower ones. `warehouse` holds stars, which stand outside the lake; `ops` the records of runs. */
export const LAYERS = ["bronze", "silver", "gold", "warehouse", "ops"] as const;
export type Layer = (typeof LAYERS)[number];

/**
 * `append`: rows are only ever added (`delta.appendOnly`). `merge`: a row replaces the one of its key.
 * `overwrite`: each run replaces the table.
 */
export type WriteMode = (typeof WRITE_MODES)[number];
const WRITE_MODES = ["append", "merge", "overwrite"] as const;

type AnyColumns = Readonly<Record<string, ColumnSpec>>;

/** What happens to columns of a source file that the contract does not know. */
export type DriftMode = (typeof DRIFT_MODES)[number];
const DRIFT_MODES = ["rescue", "evolve", "fail"] as const;

/** What happens to a row with a value that cannot be parsed. */
export type UnparsableMode = (typeof UNPARSABLE_MODES)[number];
const UNPARSABLE_MODES = ["quarantine", "drop", "fail"] as const;

/** Which files of a landing zone a table takes. */
export interface Landing {
  /** Folder below the landing zone, of this table alone. */
  readonly source: string;
  /** Names taken: `*` stands for any text. `.gz` may follow every name. */
  readonly files: readonly string[];
}

/** Stands for the table's own rows in its expectations. */
const SELF: Source = { kind: "values", rows: [] };

/** Everything that a contract says; see `defineTable`. */
export interface TableSpec<C extends AnyColumns> {
  readonly description: string;
  /** What one row is. */
  readonly grain: string;
  readonly columns: C;
  readonly reads?: readonly (AnyTable | string)[];
  readonly landing?: Landing;
  readonly key?: readonly (keyof C & string)[];
  readonly partitionBy?: readonly (keyof C & string)[];
  readonly write?: WriteMode;
  readonly drift?: DriftMode;
  /** Rules over the typed row, by name. */
  readonly expect?: (t: Columns<ShapeOfColumns<C>>) => Readonly<Record<string, Expectation>>;
  /** What happens to a row with a value that cannot be parsed; default quarantine. */
  readonly unparsable?: UnparsableMode;
  /** Tables of one calendar close their days together: from the first event of any of them, each through the same day. */
  readonly calendar?: string;
  /** Delta table properties. */
  readonly properties?: Readonly<Record<string, string>>;
}

export type ShapeOfColumns<C extends AnyColumns> = { readonly [N in keyof C]: KindOfSpec<C[N]> };

/** Column kinds of a table, without the columns that its notebook computes. */
export type ParsedShapeOf<T extends AnyTable> =
  T extends Table<infer C>
    ? { readonly [N in keyof C as C[N] extends ColumnSpec<Kind, boolean, true> ? never : N]: KindOfSpec<C[N]> }
    : never;

/** A row of a table: exact decimals, dates and times as text, 64-bit integers as bigint. */
export type RowOf<T extends AnyTable> =
  T extends Table<infer C>
    ? {
        readonly [N in keyof C]: C[N] extends ColumnSpec<infer K, infer Null, boolean>
          ? ValueOf<K> | (Null extends false ? never : null)
          : never;
      }
    : never;

/** The contract of a table: what it promises, from which everything else about it is derived. */
export class Table<C extends AnyColumns> implements Displayable {
  /** `layer.name` */
  readonly name: string;
  readonly layer: Layer;
  readonly description: string;
  readonly grain: string;
  readonly columns: C;
  /** Names of the tables that it reads. */
  readonly reads: readonly string[];
  readonly landing: Landing | undefined;
  readonly key: readonly string[];
  readonly partitionBy: readonly string[];
  readonly write: WriteMode;
  readonly drift: DriftMode;
  readonly unparsable: UnparsableMode;
  readonly calendar: string | undefined;
  readonly expectations: readonly NamedExpectation[];
  readonly properties: Readonly<Record<string, string>>;

  constructor(name: string, layer: Layer, spec: TableSpec<C>) {
    this.name = name;
    this.layer = layer;
    this.description = spec.description;
    this.grain = spec.grain;
    // Columns may be called like members of every object: `constructor` is one only where a contract has it.
    this.columns = Object.assign<object, C>(Object.create(null) as object, spec.columns);
    this.reads = (spec.reads ?? []).map((read) => (typeof read === "string" ? read : read.name));
    this.landing = spec.landing;
    this.key = spec.key ?? [];
    this.partitionBy = spec.partitionBy ?? [];
    this.write = spec.write ?? "append";
    this.drift = spec.drift ?? "rescue";
    this.unparsable = spec.unparsable ?? "quarantine";
    this.calendar = spec.calendar;
    this.properties = spec.properties ?? {};
    this.expectations = Object.entries(
      spec.expect?.(scan<ShapeOfColumns<C>>(SELF, this.schema.fields).columns) ?? {},
    ).map(([rule, expectation]) => ({ name: rule, ...expectation }));
  }

  get columnNames(): readonly (keyof C & string)[] {
    return Object.keys(this.columns);
  }
  /** In a notebook: the data dictionary. */
  [DISPLAY](): MimeBundle {
    return dataDictionary(this);
  }
  /** The Delta schema: descriptions as `comment`, source headers as `tslake.from`. */
  get schema(): StructType {
    return { type: "struct", fields: Object.entries(this.columns).map(([name, spec]) => deltaField(name, spec)) };
  }
}

/** An expectation under its name. */
export interface NamedExpectation extends Expectation {
  readonly name: string;
}

/** A table whatever its columns. */
export interface AnyTable extends Omit<Table<AnyColumns>, "columnNames"> {
  readonly columnNames: readonly string[];
}

/** Compile-time column kinds of a table. */
export type ShapeOfTable<T extends AnyTable> = T extends Table<infer C> ? ShapeOfColumns<C> : never;

/**
 * Defines a table by its contract.
 * @param name `bronze.x`, `silver.x`, `gold.x` or `ops.x`, in snake_case ASCII
 * @throws ContractError when the contract contradicts itself; it names the table and the part
 */
export function defineTable<const C extends AnyColumns>(name: string, spec: TableSpec<C>): Table<C> {
  const match = /^(bronze|silver|gold|ops)\.[a-z][a-z0-9_]*$/.exec(name);
  if (!match) {
    throw new ContractError(`not a table name: ${name}`, {
      expected: "bronze.x, silver.x, gold.x or ops.x in lower-case ASCII",
    });
  }
  refuseUndefinedReads(name, spec.reads ?? []);
  const table = new Table(name, match[1] as Layer, spec);
  checkModes(table);
  checkColumns(table);
  checkReads(table, spec.reads ?? []);
  checkExpectations(table);
  return table;
}

/** The columns that every table fed from a landing zone has beside its own. */
export const LANDING_COLUMNS = {
  _rescued: text().describe("Unknown columns of the file, as a JSON object"),
  _corrupt_record: text().describe("The line as it came, when it has too few or too many fields"),
  _file: text().notNull().describe("Name under which the file is archived"),
  _row: long().notNull().describe("Line of the file at which the row begins"),
  _ingested_at: instant().notNull().describe("When the file was taken, UTC"),
} as const;

/** Of two modules that import each other, the one that is loaded first sees nothing of the other yet. */
function refuseUndefinedReads(name: string, reads: readonly (AnyTable | string | undefined)[]): void {
  if (!reads.includes(undefined)) return;
  const names = reads.map((read) => (typeof read === "object" ? read.name : String(read)));
  throw new ContractError(`${name}: a table of reads is undefined`, {
    where: { table: name },
    expected: "tables whose contracts are loaded before this one",
    actual: `reads: [${names.join(", ")}]`,
    remedy:
      "look at the imports: a contract reads itself, two contracts import each other, or a name is not what its file exports",
  });
}

function checkModes(table: AnyTable): void {
  const modes = { write: WRITE_MODES, drift: DRIFT_MODES, unparsable: UNPARSABLE_MODES };
  for (const part of ["write", "drift", "unparsable"] as const) {
    const known: readonly string[] = modes[part];
    if (known.includes(table[part])) continue;
    throw new ContractError(`${table.name}: ${part} has no mode of this name`, {
      where: { table: table.name },
      expected: known.join(", "),
      actual: table[part],
    });
  }
}

function checkColumns(table: AnyTable): void {
  const refuse = (message: string, actual: string, expected: string): never => {
    throw new ContractError(`${table.name}: ${message}`, { where: { table: table.name }, expected, actual });
  };
  const names = table.columnNames;
  if (names.length === 0) refuse("a table needs columns", "none", "at least one");
  for (const name of names) {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) refuse("column names are lower-case ASCII", name, "snake_case");
  }
  for (const [name, spec] of Object.entries(table.columns)) checkColumnSpec(table.name, name, spec);
  for (const [part, columns] of Object.entries({ key: table.key, partitionBy: table.partitionBy })) {
    for (const column of columns) {
      if (!names.includes(column))
        refuse(`${part} names a column that the table lacks`, column, `one of ${names.join(", ")}`);
    }
  }
  if (table.write === "merge" && table.key.length === 0)
    refuse("write mode merge needs a key", "no key", "key: [column, …]");
  for (const column of table.key) {
    if (table.columns[column]?.nullable !== false)
      refuse("a key column cannot be null", column, `${column}: ….notNull()`);
  }
  if (table.landing && table.layer !== "bronze") refuse("only bronze tables take files", table.layer, "bronze");
}

function checkExpectations(table: AnyTable): void {
  for (const { name, condition } of table.expectations) {
    const late = columnsIn(condition.expr).find((column) => table.columns[column]?.parse.rule === "computed");
    if (late === undefined) continue;
    throw new ContractError(`${table.name}: expectation ${name} uses a computed column`, {
      where: { table: table.name, column: late },
      expected: "columns that are parsed from the source",
      remedy: "state the rule over the columns from which it is computed",
    });
  }
}

function checkReads(table: AnyTable, reads: readonly (AnyTable | string)[]): void {
  for (const read of reads) {
    const name = typeof read === "string" ? read : read.name;
    const layer = name.split(".")[0] as Layer;
    if (name === table.name) {
      throw new ContractError(`${table.name} reads itself`, {
        where: { table: table.name },
        actual: `${name} → ${name}`,
      });
    }
    if (LAYERS.indexOf(layer) > LAYERS.indexOf(table.layer)) {
      throw new ContractError(`${table.name} reads upwards, from ${name}`, {
        where: { table: table.name },
        expected: `tables of ${LAYERS.slice(0, LAYERS.indexOf(table.layer) + 1).join(", ")}`,
        actual: name,
      });
    }
  }
}

function deltaField(name: string, spec: ColumnSpec): StructField {
  return field(name, spec.type, spec.nullable, {
    ...(spec.description === "" ? {} : { comment: spec.description }),
    ...(spec.from === undefined ? {} : { "tslake.from": spec.from }),
  });
}
