import { DataError } from "../errors.js";
import { asDecimal } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import { nullExpr, typedLiteral } from "../relation/literal.js";
import { type DataType, formatType, type StructField } from "../types.js";
import { columnExpr } from "./expressions.js";

/**
 * An expression as the value of a column: constants take the column's type, integers and decimals widen or are checked row
 * by row, and a value that does not fit stops the query.
 * @throws DataError when the types have nothing to do with each other
 */
export function assigned(expr: Expr, column: StructField, label: string): Expr {
  const { type } = column;
  if (formatType(expr.type) === formatType(type)) return expr;
  if (expr.kind === "literal") {
    if (expr.value === null) return nullExpr(type);
    if (typeof type === "string" && type !== "string" && type !== "binary") return retyped(expr.value, column, label);
  }
  if (isAssignable(expr.type, type))
    return { kind: "cast", input: expr, mode: "strict", type, nullable: expr.nullable };
  throw new DataError(`${label}: a value has another type than its column`, {
    where: { table: label, column: column.name },
    expected: formatType(type),
    actual: formatType(expr.type),
    remedy: `cast it: .cast("${formatType(type)}")`,
  });
}

/**
 * The rows' columns in the order and types of the table. Columns of the table that the rows lack are null.
 * @throws DataError for columns that the table lacks, and for missing ones that may not be null
 */
export function assignedColumns(
  fields: readonly StructField[],
  columns: readonly StructField[],
  label: string,
): { readonly name: string; readonly expr: Expr }[] {
  const unknown = fields.filter((f) => !columns.some((column) => column.name === f.name));
  if (unknown.length > 0) {
    throw new DataError(`${label}: the rows have columns that the table lacks`, {
      where: { table: label },
      expected: columns.map(({ name }) => name).join(", "),
      actual: `also ${unknown.map(({ name }) => name).join(", ")}`,
      remedy: 'Drop them, or let the table have them: schemaMode: "merge"',
    });
  }
  return columns.map((column) => {
    const found = fields.find((f) => f.name === column.name);
    if (found) return { name: column.name, expr: assigned(columnExpr(found), column, label) };
    if (column.nullable) return { name: column.name, expr: nullExpr(column.type) };
    throw new DataError(`${label}: the rows lack a column that is not nullable`, {
      where: { table: label, column: column.name },
      expected: `${column.name} ${formatType(column.type)}`,
      actual: fields.map(({ name }) => name).join(", "),
      remedy: "Add the column to the rows.",
    });
  });
}

function retyped(value: string | boolean, { name, type }: StructField, label: string): Expr {
  try {
    return typedLiteral(value, type);
  } catch (cause) {
    throw new DataError(`${label}: a constant is no value of its column`, {
      where: { table: label, column: name },
      expected: formatType(type),
      actual: JSON.stringify(value),
      cause,
    });
  }
}

const FLOATING: readonly DataType[] = ["float", "double"];

function isAssignable(from: DataType, to: DataType): boolean {
  if (asDecimal(from) && asDecimal(to)) return true;
  if (FLOATING.includes(to)) return FLOATING.includes(from) || asDecimal(from) !== undefined;
  return from === "date" && to === "timestamp_ntz";
}
