import { type Node, visitorKeys } from "oxc-parser";

/** Visits a tree from the top, in source order; children are skipped where `enter` answers false. */
export function walk(node: Node, enter: (node: Node) => boolean): void {
  if (!enter(node)) return;
  for (const child of childrenOf(node)) walk(child, enter);
}

/** The nodes directly below a node, in source order. */
export function childrenOf(node: Node): Node[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => childrenAt(node, key));
}

/** The nodes that a node holds under one key. */
export function childrenAt(node: Node, key: string): Node[] {
  const value = (node as unknown as Readonly<Record<string, unknown>>)[key];
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

/** True for syntax that only says something about types and leaves no trace when the cell runs. */
export function isTypeOnly(node: Node): boolean {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
    case "TSParameterProperty":
    case "TSEnumBody":
    case "TSEnumMember":
      return false;
    case "TSEnumDeclaration":
      return node.declare;
    case "TSImportEqualsDeclaration":
    case "ImportDeclaration":
      return node.importKind === "type";
    case "VariableDeclaration":
    case "ClassDeclaration":
      return node.declare === true;
    default:
      return node.type.startsWith("TS");
  }
}

/** The identifiers that a declaration's pattern binds. */
export function boundNames(pattern: Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((item) => boundNames(item.type === "Property" ? item.value : item.argument));
    case "ArrayPattern":
      return pattern.elements.flatMap((item) => (item === null ? [] : boundNames(item)));
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    case "TSParameterProperty":
      return boundNames(pattern.parameter);
    default:
      return [];
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
