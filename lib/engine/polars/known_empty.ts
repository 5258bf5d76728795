import type { Join, NamedExpr, RelationNode, Source } from "../../relation/node.js";
import type { StructField } from "../../types.js";

/**
 * The same relation without what gives no rows because a source is known to have none: a table before its first write is
 * joined with nothing, and what it would be joined with is not read for it.
 */
export async function withoutEmpty(
  node: RelationNode,
  isEmpty: (source: Source) => Promise<boolean>,
): Promise<RelationNode> {
  if (!joins(node)) return node;
  const done = new Map<RelationNode, Promise<RelationNode>>();
  const visit = (of: RelationNode): Promise<RelationNode> => {
    const known = done.get(of) ?? simplified(of, visit, isEmpty);
    done.set(of, known);
    return known;
  };
  return visit(node);
}

async function simplified(
  node: RelationNode,
  visit: (node: RelationNode) => Promise<RelationNode>,
  isEmpty: (source: Source) => Promise<boolean>,
): Promise<RelationNode> {
  switch (node.op) {
    case "scan":
      return (await isEmpty(node.source)) ? nothing(node.fields) : node;
    case "union": {
      const inputs = (await Promise.all(node.inputs.map(visit))).filter((input) => !isNothing(input));
      return inputs.length === 0 ? nothing(node.fields) : { ...node, inputs };
    }
    case "join":
      return joined({ ...node, left: await visit(node.left), right: await visit(node.right) });
    default: {
      const input = await visit(node.input);
      const givesRows = node.op === "groupBy" && node.keys.length === 0;
      return isNothing(input) && !givesRows ? nothing(node.fields) : { ...node, input };
    }
  }
}

/** True for relations that read several sources: for one alone there is nothing to gain. */
function joins(node: RelationNode): boolean {
  if (node.op === "scan") return false;
  return node.op === "join" || node.op === "union" || joins(node.input);
}

function joined(node: Join): RelationNode {
  const { left, right, how, fields } = node;
  if (isNothing(left) && how !== "full") return nothing(fields);
  if (!isNothing(right)) return node;
  switch (how) {
    case "inner":
    case "semi":
      return nothing(fields);
    case "anti":
      return left;
    case "left":
    case "full":
      return isNothing(left) ? nothing(fields) : withNulls(left, fields);
  }
}

/** A relation with further columns, all null. */
function withNulls(input: RelationNode, fields: readonly StructField[]): RelationNode {
  const known = new Map(input.fields.map((f) => [f.name, f]));
  const columns = fields.map(({ name, type }): NamedExpr => {
    const given = known.get(name);
    if (given) return { name, expr: { kind: "column", name, type: given.type, nullable: given.nullable } };
    return { name, expr: { kind: "literal", value: null, type, nullable: true } };
  });
  return { op: "project", input, columns, fields };
}

function nothing(fields: readonly StructField[]): RelationNode {
  return { op: "scan", source: { kind: "values", rows: [] }, fields };
}

function isNothing(node: RelationNode): boolean {
  return node.op === "scan" && node.source.kind === "values" && node.source.rows.length === 0;
}
