import type { Node, Program } from "oxc-parser";
import { boundNames, childrenAt, childrenOf, isTypeOnly } from "./syntax.js";

/** A name that a cell declares at its top level and that later cells can use. */
export interface Binding {
  readonly name: string;
  /** `let`, `var`, functions, classes and enums can be assigned to; `const` and imports cannot. */
  readonly mutable: boolean;
  /** Interfaces, type aliases, type-only imports and ambient declarations: there is no value of that name. */
  readonly typeOnly: boolean;
  /** For an import, what it names: two imports of one origin are the same thing. */
  readonly origin?: string;
}

/** A use of a name as a value; offsets in the cell's source. */
export interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** True for `{ name }`, where the name is also a property's. */
  readonly shorthand: boolean;
}

/** What a top-level statement declares. */
export function bindingsOf(statement: Node): Binding[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations
        .flatMap((declarator) => boundNames(declarator.id))
        .map((name) => ({ name, mutable: statement.kind !== "const", typeOnly: isTypeOnly(statement) }));
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return statement.id === null ? [] : [{ name: statement.id.name, mutable: true, typeOnly: isTypeOnly(statement) }];
    case "TSImportEqualsDeclaration":
      return [{ name: statement.id.name, mutable: false, typeOnly: isTypeOnly(statement) }];
    case "ImportDeclaration":
      return statement.specifiers.map((specifier) => ({
        name: specifier.local.name,
        mutable: false,
        typeOnly: isTypeOnly(statement) || (specifier.type === "ImportSpecifier" && specifier.importKind === "type"),
        origin: `${importedName(specifier)} of ${statement.source.value}`,
      }));
    default:
      return [];
  }
}

/** The uses of names that the cell itself does not declare, in source order. */
export function freeReferences(program: Program): Reference[] {
  const free: Reference[] = [];
  visitAll(program.body, { names: new Set([...lexicalNames(program.body), ...varNames(program.body)]) }, free);
  return free;
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly outer?: Scope;
}

function visitAll(nodes: readonly Node[], scope: Scope, free: Reference[]): void {
  for (const node of nodes) visit(node, scope, free);
}

function visit(node: Node, scope: Scope, free: Reference[], shorthand = false): void {
  if (isTypeOnly(node)) return;
  switch (node.type) {
    case "Identifier":
      if (!resolves(node.name, scope)) free.push({ name: node.name, start: node.start, end: node.end, shorthand });
      return;
    case "AssignmentPattern":
      visit(node.left, scope, free, shorthand);
      return visit(node.right, scope, free);
    case "Property":
      if (node.computed) visit(node.key, scope, free);
      return visit(node.value, scope, free, node.shorthand);
    case "MemberExpression":
      visit(node.object, scope, free);
      if (node.computed) visit(node.property, scope, free);
      return;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      if (node.computed) visit(node.key, scope, free);
      if (node.value !== null) visit(node.value, scope, free);
      return;
    case "LabeledStatement":
      return visit(node.body, scope, free);
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
    case "ImportDeclaration":
    case "TSImportEqualsDeclaration":
      return;
    case "TSEnumMember":
      if (node.initializer !== null) visit(node.initializer, scope, free);
      return;
    default:
      return visitAll(childrenOf(node), innerScope(node, scope), free);
  }
}

/** The scope in which a node's children stand. */
function innerScope(node: Node, scope: Scope): Scope {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
      return within(scope, ["arguments", ...ownName(node), ...functionNames(node.params, node.body)]);
    case "ArrowFunctionExpression":
      return within(scope, functionNames(node.params, node.body));
    case "ClassDeclaration":
    case "ClassExpression":
      return within(scope, ownName(node));
    case "StaticBlock":
      return within(scope, [...lexicalNames(node.body), ...varNames(node.body)]);
    case "BlockStatement":
      return within(scope, lexicalNames(node.body));
    case "SwitchStatement":
      return within(scope, lexicalNames(node.cases.flatMap((branch) => branch.consequent)));
    case "ForStatement":
      return within(scope, lexicalNames(childrenAt(node, "init")));
    case "ForInStatement":
    case "ForOfStatement":
      return within(scope, lexicalNames([node.left]));
    case "CatchClause":
      return within(scope, node.param === null ? [] : boundNames(node.param));
    case "TSEnumDeclaration":
      return within(
        scope,
        node.body.members.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : [])),
      );
    default:
      return scope;
  }
}

function within(outer: Scope, names: readonly string[]): Scope {
  return names.length === 0 ? outer : { names: new Set(names), outer };
}

function resolves(name: string, scope: Scope | undefined): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.names.has(name)) return true;
  return false;
}

function ownName(node: { readonly id: { readonly name: string } | null }): string[] {
  return node.id === null ? [] : [node.id.name];
}

function functionNames(params: readonly Node[], body: Node | null): string[] {
  return [...params.flatMap(boundNames), ...(body?.type === "BlockStatement" ? varNames(body.body) : [])];
}

/** Names that belong to the block in which these statements stand. */
function lexicalNames(statements: readonly Node[]): string[] {
  return statements.flatMap((statement) =>
    bindingsOf(statement)
      .filter(({ typeOnly }) => !typeOnly)
      .map(({ name }) => name),
  );
}

/** Names that `var` declares in these statements or anywhere below them, short of inner functions. */
function varNames(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (isTypeOnly(node) || "params" in node || node.type === "ClassBody") return [];
    const own = node.type === "VariableDeclaration" && node.kind === "var" ? lexicalNames([node]) : [];
    return [...own, ...varNames(childrenOf(node))];
  });
}

function importedName(specifier: Node): string {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  if (specifier.type !== "ImportSpecifier") return "*";
  return specifier.imported.type === "Identifier" ? specifier.imported.name : String(specifier.imported.value);
}
