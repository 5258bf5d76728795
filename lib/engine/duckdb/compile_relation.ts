import type { GroupBy, Join, NamedExpr, RelationNode } from "../../relation/node.js";
import { compileExpr, compileOrder } from "./compile_expr.js";
import { identifier } from "./quote.js";

/** The SELECT of a node's input. */
export type InputSql = (input: RelationNode) => Promise<string>;

/**
 * A node as a SELECT of DuckDB's with the node's columns; undefined for what is not said in its SQL here, and for scans.
 * Rows come in no order, except those of `sort` and `limit`.
 */
export async function compileNode(node: RelationNode, sqlOf: InputSql): Promise<string | undefined> {
  switch (node.op) {
    case "scan":
      return undefined;
    case "project": {
      const columns = named(node.columns);
      return columns && `SELECT ${columns} FROM (${await sqlOf(node.input)})`;
    }
    case "filter": {
      const condition = compileExpr(node.condition);
      return condition && `SELECT * FROM (${await sqlOf(node.input)}) WHERE ${condition}`;
    }
    case "join":
      return compileJoin(node, sqlOf);
    case "groupBy":
      return compileGroups(node, sqlOf);
    case "distinct": {
      const input = await sqlOf(node.input);
      if (node.orderBy.length === 0) return `SELECT DISTINCT * FROM (${input})`;
      const order = compileOrder(node.orderBy);
      const partition = node.on.map(identifier).join(", ");
      return (
        order && `SELECT * FROM (${input}) QUALIFY ROW_NUMBER() OVER (PARTITION BY ${partition} ORDER BY ${order}) = 1`
      );
    }
    case "union": {
      const inputs: string[] = [];
      for (const input of node.inputs) inputs.push(`(${await sqlOf(input)})`);
      return inputs.join(" UNION ALL ");
    }
    case "sort": {
      const order = compileOrder(node.orderBy);
      return order && `SELECT * FROM (${await sqlOf(node.input)}) ORDER BY ${order}`;
    }
    case "limit":
      return `SELECT * FROM (${await sqlOf(node.input)}) LIMIT ${node.rows}`;
  }
}

const JOINS = { inner: "JOIN", left: "LEFT JOIN", semi: "SEMI JOIN", anti: "ANTI JOIN", full: undefined } as const;

async function compileJoin(
  { how, left, right, on, nullsEqual, fields }: Join,
  sqlOf: InputSql,
): Promise<string | undefined> {
  const join = JOINS[how];
  if (join === undefined) return undefined;
  const ofLeft = new Set(left.fields.map(({ name }) => name));
  const columns = fields.map(({ name }) => `${ofLeft.has(name) ? "l" : "r"}.${identifier(name)}`);
  const equal = nullsEqual ? "IS NOT DISTINCT FROM" : "=";
  const pairs = on.map((pair) => `l.${identifier(pair.left)} ${equal} r.${identifier(pair.right)}`);
  const from = `(${await sqlOf(left)}) l ${join} (${await sqlOf(right)}) r ON ${pairs.join(" AND ")}`;
  return `SELECT ${columns.join(", ")} FROM ${from}`;
}

async function compileGroups({ input, keys, aggregates }: GroupBy, sqlOf: InputSql): Promise<string | undefined> {
  const names = keys.map(identifier);
  const added = aggregates.length === 0 ? "" : named(aggregates);
  if (added === undefined) return undefined;
  const columns = [...names, ...(added === "" ? [] : [added])].join(", ");
  const by = names.length === 0 ? "" : ` GROUP BY ${names.join(", ")}`;
  return `SELECT ${columns} FROM (${await sqlOf(input)})${by}`;
}

function named(columns: readonly NamedExpr[]): string | undefined {
  const parts = columns.map(({ name, expr }) => {
    const value = compileExpr(expr);
    return value && `${value} AS ${identifier(name)}`;
  });
  return parts.every((part) => part !== undefined) ? parts.join(", ") : undefined;
}
