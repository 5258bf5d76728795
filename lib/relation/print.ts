import { formatType } from "../types.js";
import type { Expr, SortKey } from "./expr.js";
import { inputsOf, type RelationNode, type Source } from "./node.js";

/** A relation as an indented tree, the result on top. Equal relations print equal text. */
export function formatRelation(node: RelationNode): string {
  const lines: string[] = [];
  const visit = (current: RelationNode, depth: number): void => {
    lines.push("  ".repeat(depth) + formatOperator(current));
    for (const input of inputsOf(current)) visit(input, depth + 1);
  };
  visit(node, 0);
  return lines.join("\n");
}

/** An expression as text close to SQL. */
export function formatExpr(expr: Expr): string {
  switch (expr.kind) {
    case "column":
      return formatName(expr.name);
    case "literal":
      return formatLiteral(expr.value, formatType(expr.type));
    case "call":
    case "aggregate":
      return `${expr.fn}(${expr.args.map(formatExpr).join(", ")})`;
    case "case": {
      const branches = expr.branches.map((b) => `when ${formatExpr(b.when)} then ${formatExpr(b.then)}`);
      return `case ${branches.join(" ")} else ${formatExpr(expr.otherwise)} end`;
    }
    case "cast":
      return `${expr.mode === "try" ? "try_cast" : "cast"}(${formatExpr(expr.input)} as ${formatType(expr.type)})`;
    case "window": {
      const args = [...expr.args.map(formatExpr), ...(expr.fn === "lag" ? [String(expr.offset)] : [])];
      const partition = expr.partitionBy.map(formatExpr).join(", ");
      return `${expr.fn}(${args.join(", ")}) over (partition by ${partition} order by ${formatKeys(expr.orderBy)})`;
    }
  }
}

/** A column's name; in backticks where it could be taken for something else. */
function formatName(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function formatOperator(node: RelationNode): string {
  switch (node.op) {
    case "scan":
      return `scan ${formatSource(node.source)} [${node.fields.map((f) => f.name).join(", ")}]`;
    case "project":
      return `project ${node.columns.map(({ name, expr }) => (isPassed(name, expr) ? name : `${name} = ${formatExpr(expr)}`)).join(", ")}`;
    case "filter":
      return `filter ${formatExpr(node.condition)}`;
    case "join": {
      const keys = node.on.map(({ left, right }) => (left === right ? left : `${left} = ${right}`));
      return `${node.how} join on ${keys.join(", ")}${node.nullsEqual ? " (nulls equal)" : ""}`;
    }
    case "groupBy":
      return `group by ${node.keys.join(", ")}: ${node.aggregates.map(({ name, expr }) => `${name} = ${formatExpr(expr)}`).join(", ")}`;
    case "distinct":
      return `distinct on ${node.on.join(", ")}${node.orderBy.length === 0 ? "" : ` first by ${formatKeys(node.orderBy)}`}`;
    case "union":
      return "union all";
    case "sort":
      return `sort ${formatKeys(node.orderBy)}`;
    case "limit":
      return `limit ${node.rows}`;
  }
}

function formatSource(source: Source): string {
  switch (source.kind) {
    case "table":
      return `${source.table}${source.version === undefined ? "" : ` version ${source.version}`}${source.since === undefined ? "" : ` since ${source.since}`}`;
    case "file":
      return `${source.format} ${source.path}`;
    case "values":
      return `values (${source.rows.length} rows) ${JSON.stringify(source.rows)}`;
    case "frame":
      return `frame ${source.id}`;
  }
}

function formatKeys(keys: readonly SortKey[]): string {
  return keys.map((key) => formatExpr(key.expr) + (key.descending ? " desc" : "")).join(", ");
}

function formatLiteral(value: string | boolean | null, type: string): string {
  if (value === null) return `null::${type}`;
  if (type === "string") return JSON.stringify(value);
  return type === "boolean" || type === "integer" ? String(value) : `${String(value)}::${type}`;
}

function isPassed(name: string, expr: Expr): boolean {
  return expr.kind === "column" && expr.name === name;
}
