import { compareUtf8 } from "../storage/path.js";
import type { DataType, StructType } from "../types.js";
import type { AddFile } from "./actions/action.js";
import { physicalName } from "./column_mapping.js";
import { isPartitionColumn, partitionValue } from "./partition_values.js";
import { type ComparisonOperator, type Literal, negate, type Predicate } from "./predicate.js";
import { type Comparable, comparable, compareComparables, parseScalar, type Scalar } from "./scalar.js";
import { type FileStats, parseStats } from "./stats.js";

/** Answers, per file, whether it may hold a row that matches; false only when its partition or statistics exclude that. */
export function fileFilter(
  condition: Predicate,
  schema: StructType,
  partitionColumns: readonly string[],
): (file: AddFile) => boolean {
  const columns = new Map(schema.fields.map((field) => [field.name, field]));
  return (file) => {
    let stats: FileStats | undefined;
    let parsed = false;
    const column = (name: string): ColumnRange | undefined => {
      const field = columns.get(name);
      if (field === undefined) return undefined;
      if (isPartitionColumn(partitionColumns, name))
        return partitionRange(field.type, partitionValue(file.partitionValues, field));
      if (!parsed) stats = parseStats(file.stats);
      parsed = true;
      return stats && statsRange(stats, physicalName(field), field.type);
    };
    return mayMatch(condition, column);
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
  if (!range.mayBeValue) return false;
  const value = comparable(literal.type, literal.value);
  if (value === undefined) return true;
  const min = range.min && compareComparables(range.min, value, compareUtf8);
  const max = range.max && compareComparables(range.max, value, compareUtf8);
  switch (operator) {
    case "=":
      return (min ?? 0) <= 0 && (max ?? 0) >= 0;
    case "<>":
      return !(range.exact && min === 0 && max === 0);
    case "<":
      return (min ?? -1) < 0;
    case "<=":
      return (min ?? 0) <= 0;
    case ">":
      return (max ?? 1) > 0;
    case ">=":
      return (max ?? 0) >= 0;
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

function statsRange(stats: FileStats, name: string, type: DataType): ColumnRange {
  const nulls = stats.nullCount([name]);
  const isFloating = type === "float" || type === "double";
  const isTime = type === "timestamp" || type === "timestamp_ntz";
  return {
    min: toComparable(type, stats.min([name], type)),
    // Many writers leave NaN, the greatest value, out of the statistics.
    max: isFloating ? undefined : toComparable(type, stats.max([name], type)),
    exact: !isTime,
    mayBeNull: nulls === undefined || nulls > 0n,
    mayBeValue: nulls === undefined || stats.numRecords === undefined || nulls < stats.numRecords,
  };
}

/** A float's text is the shortest that names it among floats; compared with doubles it must be that float exactly. */
function toComparable(type: DataType, value: Scalar | undefined): Comparable | undefined {
  if (value === undefined) return undefined;
  return comparable(type, type === "float" && typeof value === "number" ? Math.fround(value) : value);
}
