import { RelationError } from "../errors.js";
import { field, formatType, type StructField } from "../types.js";
import { commonType } from "./column.js";
import { children, type Expr, someExpr } from "./expr.js";
import type { NamedExpr, RelationNode } from "./node.js";

/** A column of a node by its name. Throws RelationError that lists the columns when there is none. */
export function columnRef(node: RelationNode, name: string): Expr {
  const found = node.fields.find((f) => f.name === name);
  if (!found) {
    throw new RelationError(`no column ${name}`, {
      where: { column: name },
      expected: `one of ${node.fields.map((f) => f.name).join(", ")}`,
      actual: name,
    });
  }
  return { kind: "column", name, type: found.type, nullable: found.nullable };
}

/** A column passed on unchanged keeps the metadata of its field. */
function outputField(input: RelationNode): (column: NamedExpr) => StructField {
  return ({ name, expr }) => {
    const origin = expr.kind === "column" ? input.fields.find((f) => f.name === expr.name) : undefined;
    return field(name, expr.type, expr.nullable, origin?.metadata ?? {});
  };
}

/** Throws RelationError when a function of one of these kinds stands where it has no meaning. */
export function refuseKinds(place: string, exprs: readonly Expr[], kinds: readonly Expr["kind"][]): void {
  for (const kind of kinds) {
    if (exprs.some((expr) => someExpr(expr, (node) => node.kind === kind))) {
      throw new RelationError(`${place} takes no ${kind} function`, {
        remedy: kind === "window" ? "compute it with extend first" : "use groupBy(…).aggregate(…)",
      });
    }
  }
}

/** The columns of a result. Throws RelationError when two have one name. */
export function outputFields(input: RelationNode, columns: readonly NamedExpr[]): StructField[] {
  const names = columns.map((column) => column.name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new RelationError(`two columns are called ${repeated}`, {
      where: { column: repeated },
      remedy: "rename or drop one",
    });
  }
  return columns.map(outputField(input));
}

/** Throws RelationError for a column of the rows beside the aggregates of a group, and for an aggregate of an aggregate. */
export function refuseUngrouped(columns: readonly NamedExpr[]): void {
  const visit = (name: string, expr: Expr, inAggregate: boolean): void => {
    if (expr.kind === "column" && !inAggregate) {
      throw new RelationError(`${name} takes ${expr.name} of no certain row of its group`, {
        where: { column: expr.name },
        remedy: `aggregate it (max(t.${expr.name})) or name it in groupBy`,
      });
    }
    if (expr.kind === "aggregate" && inAggregate) {
      throw new RelationError(`${name} aggregates an aggregate`, {
        remedy: "aggregate twice, one groupBy after the other",
      });
    }
    for (const child of children(expr)) visit(name, child, inAggregate || expr.kind === "aggregate");
  };
  for (const { name, expr } of columns) visit(name, expr, false);
}

/** Columns passed on unchanged. */
export function passed(node: RelationNode, names: readonly string[]): NamedExpr[] {
  return names.map((name) => ({ name, expr: columnRef(node, name) }));
}

/** The other side of a union with the columns in this order. Throws RelationError when it has not just the same ones. */
export function aligned(fields: readonly StructField[], other: RelationNode): RelationNode {
  const missing = fields.filter((f) => !other.fields.some((o) => o.name === f.name)).map((f) => f.name);
  const extra = other.fields.filter((o) => !fields.some((f) => f.name === o.name)).map((o) => o.name);
  if (missing.length + extra.length > 0) {
    throw new RelationError("a union needs the same columns on all sides", {
      expected: fields.map((f) => f.name).join(", "),
      actual: `without ${missing.join(", ") || "none"}, beyond them ${extra.join(", ") || "none"}`,
      remedy: "select the same columns first",
    });
  }
  if (fields.every((f, i) => other.fields[i]?.name === f.name)) return other;
  const columns = passed(
    other,
    fields.map((f) => f.name),
  );
  return { op: "project", input: other, columns, fields: outputFields(other, columns) };
}

/** A column of a union: the common type of all sides. */
export function unionField(fields: readonly StructField[], first: StructField): StructField {
  const type = fields.reduce((common, f) => commonType(`union of ${first.name}`, common, f.type), first.type);
  return field(
    first.name,
    type,
    fields.some((f) => f.nullable),
    first.metadata,
  );
}

/** The columns of a join. Throws RelationError for keys of different types and for names that both sides have. */
export function joinFields(
  node: Pick<Extract<RelationNode, { op: "join" }>, "how" | "left" | "right" | "on">,
): StructField[] {
  for (const { left, right } of node.on) {
    const types = [columnRef(node.left, left).type, columnRef(node.right, right).type] as const;
    if (formatType(types[0]) !== formatType(types[1])) {
      throw new RelationError(`join keys of different types: ${left} and ${right}`, {
        expected: formatType(types[0]),
        actual: formatType(types[1]),
        remedy: "cast one of them",
      });
    }
  }
  if (node.how === "semi" || node.how === "anti") return [...node.left.fields];
  const rightKeys = new Set(node.on.map((key) => key.right));
  const right = node.right.fields.filter((f) => !rightKeys.has(f.name));
  const clash = right.find((f) => node.left.fields.some((l) => l.name === f.name));
  if (clash) {
    throw new RelationError(`both sides of the join have a column ${clash.name}`, {
      where: { column: clash.name },
      remedy: "rename or drop it on one side",
    });
  }
  const nullable = (f: StructField, outer: boolean): StructField => (outer ? { ...f, nullable: true } : f);
  const absent = (f: StructField): boolean => {
    const key = node.on.find((pair) => pair.left === f.name);
    return key === undefined || columnRef(node.right, key.right).nullable;
  };
  return [
    ...node.left.fields.map((f) => nullable(f, node.how === "full" && absent(f))),
    ...right.map((f) => nullable(f, node.how !== "inner")),
  ];
}
