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
  const columns = new Map(schema.fields.map((field) => [field.name, { field, path: [physicalName(field)] }]));
  let file: FileFacts | undefined;
  const ranges = new Map<string, ColumnRange | undefined>();
  const column = (name: string): ColumnRange | undefined => {
    const known = columns.get(name);
    if (file === undefined || known === undefined || ranges.has(name)) return ranges.get(name);
    const range = rangeOf(file, known.field, known.path, partitionColumns);
    ranges.set(name, range);
    return range;
  };
  return (facts) => {
    file = facts;
    ranges.clear();
    return mayMatch(condition, column);
  };
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

function mayMatch(condition: Predicate, column: (name: string) => ColumnRange | undefined): boolean {
  switch (condition.kind) {
    case "and":
      return condition.operands.every((operand) => mayMatch(operand, column));
    case "or":
      return condition.operands.some((operand) => mayMatch(operand, column));
    case "not":
      return mayMatch(negate(condition.operand), column);
    case "comparison": {
      const range = column(condition.column);
      return range === undefined || mayCompare(range, condition.operator, condition.literal);
    }
    case "in": {
      const range = column(condition.column);
      return range === undefined || condition.literals.some((literal) => mayCompare(range, "=", literal));
    }
    case "isNull":
      return column(condition.column)?.mayBeNull ?? true;
    case "isNotNull":
      return column(condition.column)?.mayBeValue ?? true;
  }
}

function mayCompare(range: ColumnRange, operator: ComparisonOperator, literal: Literal): boolean {
  const value = comparable(literal.type, literal.value);
  if (value === undefined) return range.mayBeValue;
  const compared = (bound: Comparable | undefined): number | undefined =>
    bound && compareComparables(bound, value, compareUtf8);
  switch (operator) {
    case "=":
      return (compared(range.min) ?? 0) <= 0 && (compared(range.max) ?? 0) >= 0 && range.mayBeValue;
    case "<>":
      return !(range.exact && compared(range.min) === 0 && compared(range.max) === 0) && range.mayBeValue;
    case "<":
      return (compared(range.min) ?? -1) < 0 && range.mayBeValue;
    case "<=":
      return (compared(range.min) ?? 0) <= 0 && range.mayBeValue;
    case ">":
      return (compared(range.max) ?? 1) > 0 && range.mayBeValue;
    case ">=":
      return (compared(range.max) ?? 0) >= 0 && range.mayBeValue;
  }
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
