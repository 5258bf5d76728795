import { compareUtf8 } from "../storage/path.js";
import type { DataType, StructField, StructType } from "../types.js";
import type { AddFile, PartitionValues } from "./actions/action.js";
import { physicalName } from "./column_mapping.js";
import { isPartitionColumn, partitionValue } from "./partition_values.js";
import { type ComparisonOperator, type Literal, negate, type Predicate } from "./predicate.js";
import { type Comparable, comparable, compareComparables, parseScalar, type Scalar } from "./scalar.js";
import { type FileStats, parseStats } from "./stats.js";

/** What pruning asks of a data file. */
export interface FileFacts {
  readonly partitionValues: PartitionValues;
  /** Undefined when nothing is known. */
  stats(): FileStats | undefined;
}

/** Answers, per file, whether it may hold a row that matches; false only when its partition or statistics exclude that. */
export function fileFilter(
  condition: Predicate,
  schema: StructType,
  partitionColumns: readonly string[],
): (file: Pick<AddFile, "partitionValues" | "stats">) => boolean {
  const mayMatch = factsFilter(condition, schema, partitionColumns);
  return ({ partitionValues, stats }) => mayMatch({ partitionValues, stats: once(() => parseStats(stats)) });
}

/** The same, of what is known of a file. */
export function factsFilter(
  condition: Predicate,
  schema: StructType,
  partitionColumns: readonly string[],
): (file: FileFacts) => boolean {
  const columns = new Map<string, FileColumn>();
  const test = compile(condition, (name) => {
    const field = schema.fields.find((one) => one.name === name);
    const column = columns.get(name) ?? (field && new FileColumn(field, partitionColumns));
    if (column !== undefined) columns.set(name, column);
    return column;
  });
  const used = [...columns.values()];
  return (file) => {
    for (const column of used) column.enter(file);
    return test();
  };
}

/** Whether the file that the columns have entered may hold a row that matches. */
type Test = () => boolean;

/** One column of the files that are looked at in turn; nothing is looked up before a test asks for it. */
class FileColumn {
  readonly #field: StructField;
  readonly #path: readonly string[];
  readonly #partitionColumns: readonly string[];
  #file: FileFacts | undefined;
  #known = false;
  #range: ColumnRange | undefined;

  constructor(field: StructField, partitionColumns: readonly string[]) {
    this.#field = field;
    this.#path = [physicalName(field)];
    this.#partitionColumns = partitionColumns;
  }

  enter(file: FileFacts): void {
    this.#file = file;
    this.#known = false;
  }

  /** Undefined when nothing is known of the column. */
  get range(): ColumnRange | undefined {
    if (!this.#known && this.#file !== undefined) {
      this.#range = rangeOf(this.#file, this.#field, this.#path, this.#partitionColumns);
      this.#known = true;
    }
    return this.#range;
  }
}

function rangeOf(
  file: FileFacts,
  field: StructField,
  path: readonly string[],
  partitionColumns: readonly string[],
): ColumnRange | undefined {
  if (isPartitionColumn(partitionColumns, field.name))
    return partitionRange(field.type, partitionValue(file.partitionValues, field));
  const stats = file.stats();
  return stats && new StatsRange(stats, path, field.type);
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

/** What a file's values of one column lie between. */
interface ColumnRange {
  readonly min: Comparable | undefined;
  readonly max: Comparable | undefined;
  /** When min equals max, every value that is not null is this one. */
  readonly exact: boolean;
  readonly mayBeNull: boolean;
  readonly mayBeValue: boolean;
}

function compile(condition: Predicate, columnOf: (name: string) => FileColumn | undefined): Test {
  switch (condition.kind) {
    case "and": {
      const tests = condition.operands.map((operand) => compile(operand, columnOf));
      return () => tests.every(holds);
    }
    case "or": {
      const tests = condition.operands.map((operand) => compile(operand, columnOf));
      return () => tests.some(holds);
    }
    case "not":
      return compile(negate(condition.operand), columnOf);
    case "comparison":
      return compileComparison(columnOf(condition.column), condition.operator, condition.literal);
    case "in": {
      const column = columnOf(condition.column);
      const tests = condition.literals.map((literal) => compileComparison(column, "=", literal));
      return column === undefined ? () => true : () => tests.some(holds);
    }
    case "isNull": {
      const column = columnOf(condition.column);
      return () => column?.range?.mayBeNull ?? true;
    }
    case "isNotNull": {
      const column = columnOf(condition.column);
      return () => column?.range?.mayBeValue ?? true;
    }
  }
}

function holds(test: Test): boolean {
  return test();
}

function compileComparison(column: FileColumn | undefined, operator: ComparisonOperator, literal: Literal): Test {
  const value = comparable(literal.type, literal.value);
  return () => {
    const range = column?.range;
    if (range === undefined) return true;
    return (value === undefined || mayCompare(range, operator, value)) && range.mayBeValue;
  };
}

/** Whether a value between the bounds may compare so; a bound that is unknown, or of another family, excludes nothing. */
function mayCompare(range: ColumnRange, operator: ComparisonOperator, value: Comparable): boolean {
  switch (operator) {
    case "=":
      return (compared(range.min, value) ?? 0) <= 0 && (compared(range.max, value) ?? 0) >= 0;
    case "<>":
      return !(range.exact && compared(range.min, value) === 0 && compared(range.max, value) === 0);
    case "<":
      return (compared(range.min, value) ?? -1) < 0;
    case "<=":
      return (compared(range.min, value) ?? 0) <= 0;
    case ">":
      return (compared(range.max, value) ?? 1) > 0;
    case ">=":
      return (compared(range.max, value) ?? 0) >= 0;
  }
}

function compared(bound: Comparable | undefined, value: Comparable): number | undefined {
  return bound && compareComparables(bound, value, compareUtf8);
}

function partitionRange(type: DataType, stored: string | null | undefined): ColumnRange | undefined {
  if (stored === null || stored === undefined || stored === "") {
    return { min: undefined, max: undefined, exact: false, mayBeNull: true, mayBeValue: false };
  }
  const value = toComparable(type, parseScalar(type, stored));
  if (value === undefined) return undefined;
  return { min: value, max: value, exact: true, mayBeNull: false, mayBeValue: true };
}

/** What statistics tell of a column; nothing is looked up before somebody asks for it. */
class StatsRange implements ColumnRange {
  readonly exact: boolean;
  readonly #stats: FileStats;
  readonly #path: readonly string[];
  readonly #type: DataType;

  constructor(stats: FileStats, path: readonly string[], type: DataType) {
    this.exact = type !== "timestamp" && type !== "timestamp_ntz";
    this.#stats = stats;
    this.#path = path;
    this.#type = type;
  }

  /** Of a column of doubles that was one of floats, the text may name a float, which may be a little less than the text. */
  get min(): Comparable | undefined {
    const min = this.#stats.min(this.#path, this.#type);
    const isWidened = this.#type === "double" && typeof min === "number";
    return toComparable(this.#type, isWidened ? Math.min(min, Math.fround(min)) : min);
  }

  /** Unknown for floats: many writers leave NaN, the greatest value, out of the statistics. */
  get max(): Comparable | undefined {
    const isFloating = this.#type === "float" || this.#type === "double";
    return isFloating ? undefined : toComparable(this.#type, this.#stats.max(this.#path, this.#type));
  }

  get mayBeNull(): boolean {
    const nulls = this.#stats.nullCount(this.#path);
    return nulls === undefined || nulls > 0n;
  }

  get mayBeValue(): boolean {
    const nulls = this.#stats.nullCount(this.#path);
    return nulls === undefined || this.#stats.numRecords === undefined || nulls < this.#stats.numRecords;
  }
}

/** A float's text is the shortest that names it among floats; compared with doubles it must be that float exactly. */
function toComparable(type: DataType, value: Scalar | undefined): Comparable | undefined {
  if (value === undefined) return undefined;
  return comparable(type, type === "float" && typeof value === "number" ? Math.fround(value) : value);
}
