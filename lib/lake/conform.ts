import type { AnyTable } from "../contract/define_table.js";
import { quarantineName } from "../contract/quarantine_name.js";
import { ContractError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { RelationNode } from "../relation/node.js";
import { type DataType, decimalOf, formatType, type StructField } from "../types.js";

/**
 * The relation with the columns of a table, in the table's order: what will be written. Integers widen; decimals of the
 * same scale take the table's precision, and a value that does not fit stops the query.
 * @throws ContractError when a column is missing, unknown or of another type
 */
export function conform(node: RelationNode, table: AnyTable): RelationNode {
  const wanted = table.schema.fields;
  const missing = wanted.filter((f) => !node.fields.some((n) => n.name === f.name)).map((f) => f.name);
  const unknown = node.fields.filter((n) => !wanted.some((f) => f.name === n.name)).map((n) => n.name);
  if (missing.length + unknown.length > 0) {
    throw new ContractError(`${table.name}: the rows do not have the table's columns`, {
      where: { table: table.name },
      expected: wanted.map((f) => f.name).join(", "),
      actual: [
        missing.length > 0 ? `missing ${missing.join(", ")}` : "",
        unknown.length > 0 ? `unknown ${unknown.join(", ")}` : "",
      ]
        .filter((part) => part !== "")
        .join("; "),
      remedy: "select the contract's columns before writing",
    });
  }
  const columns = wanted.map((f) => ({ name: f.name, expr: fitted(table, f, node.fields) }));
  return { op: "project", input: node, columns, fields: wanted };
}

/**
 * A notebook reads only what its contract declares; the table itself and its quarantine are its own.
 * @throws ContractError naming the table that is read without saying so
 */
export function checkRead(read: string, table: AnyTable): void {
  const own = [table.name, quarantineName(table.name)];
  if (own.includes(read) || table.reads.includes(read)) return;
  throw new ContractError(`${table.name} reads ${read} without declaring it`, {
    where: { table: table.name },
    expected: `one of ${[...table.reads, ...own].join(", ")}`,
    actual: read,
    remedy: `add ${read} to reads in the contract of ${table.name}`,
  });
}

function fitted(table: AnyTable, wanted: StructField, fields: readonly StructField[]): Expr {
  const found = fields.find((f) => f.name === wanted.name) ?? wanted;
  const column: Expr = { kind: "column", name: found.name, type: found.type, nullable: found.nullable };
  if (formatType(found.type) === formatType(wanted.type)) return column;
  if (widens(found.type, wanted.type)) {
    return { kind: "cast", input: column, mode: "strict", type: wanted.type, nullable: found.nullable };
  }
  throw new ContractError(`${table.name}: a column has another type than the contract says`, {
    where: { table: table.name, column: wanted.name },
    expected: formatType(wanted.type),
    actual: formatType(found.type),
    remedy: `cast it: t.${wanted.name}.cast("${formatType(wanted.type)}")`,
  });
}

function widens(from: DataType, to: DataType): boolean {
  const integers = ["byte", "short", "integer", "long"];
  const [a, b] = [decimalOf(from), decimalOf(to)];
  if (a && b) return a.scale === b.scale;
  const [narrow, wide] = [from, to].map((type) => (typeof type === "string" ? integers.indexOf(type) : -1));
  return narrow !== undefined && wide !== undefined && narrow >= 0 && wide > narrow;
}
