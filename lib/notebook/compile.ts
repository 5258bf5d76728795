import { basename } from "node:path";
import MagicString, { Bundle } from "magic-string";
import type { ImportDeclaration, Node } from "oxc-parser";
import { transformSync } from "oxc-transform";
import { NotebookError } from "../errors.js";
import { type ParsedCell, parseCells, positionAt } from "./cell.js";
import type { Notebook } from "./document.js";
import { bindingsOf, freeReferences, type Reference } from "./scope.js";
import { isTypeOnly, walk } from "./syntax.js";

/**
 * A notebook as one script. Its value is `(__tslake, __cells, require) => functions`, one function per cell, each to be
 * called (and awaited) in turn. It behaves as the cells do in tslab:
 * - What a cell declares lives in its own function; later cells reach it through `__cells`, so a name can be declared
 *   again and functions of other cells see the newest declaration.
 * - Imports are calls of `require` where they stand, with TypeScript's interoperation of module formats.
 * - The value of a last statement that is an expression is left in `__tslake.last`.
 *
 * Before each top-level statement stands `__tslake.at(line)`: the line that fails is known even when a stack is not.
 */
export interface CompiledNotebook {
  readonly path: string;
  readonly code: string;
  /** From `code` to an intermediate text and from there to the cells, whose sources are named by their index. */
  readonly maps: readonly [SourceMap, SourceMap];
  readonly cells: readonly CompiledCell[];
}

export interface CompiledCell {
  /** Position among all cells of the notebook, text cells too, from 1. */
  readonly number: number;
  readonly id: string;
  readonly source: string;
}

/** A source map of version 3, as `SourceMap` of `node:module` takes it. */
export interface SourceMap {
  readonly file: string;
  readonly version: number;
  readonly sources: string[];
  readonly sourcesContent: string[];
  readonly names: string[];
  readonly mappings: string;
  readonly sourceRoot: string;
}

/**
 * Compiles a notebook. Types are removed, not checked.
 *
 * @throws NotebookError with cell, line and column for a cell that cannot be compiled.
 */
export function compileNotebook(notebook: Notebook, path: string): CompiledNotebook {
  const cells = parseCells(notebook, path);
  const free = cells.map(({ program }) => freeReferences(program));
  const bundle = new Bundle({ separator: "" });
  const used = new Set(free.flatMap((references) => references.map(({ name }) => name)));
  const known = new Set<string>();
  for (const [index, cell] of cells.entries()) {
    const shared = free[index]?.filter(({ name }) => known.has(name)) ?? [];
    bundle.addSource({ filename: String(index), content: rewriteCell(cell, shared, used) });
    for (const { name, typeOnly } of cell.program.body.flatMap(bindingsOf)) if (!typeOnly) known.add(name);
  }
  bundle.prepend("(function (__tslake, __cells, require) { return [\n").append("]; })");
  const { code, map } = removeTypes(bundle.toString(), path);
  return {
    path,
    code,
    maps: [toSourceMap(map), toSourceMap(bundle.generateMap({ hires: true }))],
    cells: cells.map(({ number, id, source }) => ({ number, id, source })),
  };
}

/**
 * A cell as a function. `shared` are its uses of names that earlier cells declare, `used` the names that cells use without
 * declaring them.
 */
function rewriteCell(cell: ParsedCell, shared: readonly Reference[], used: ReadonlySet<string>): MagicString {
  const text = new MagicString(cell.source);
  const statements = cell.program.body.filter((statement) => !isTypeOnly(statement));
  for (const { type, start, end } of cell.program.body.filter(isTypeOnly)) {
    if (type === "ImportDeclaration" || type === "TSImportEqualsDeclaration") text.remove(start, end);
  }
  for (const { name, start, end, shorthand } of shared) {
    text.overwrite(start, end, `${shorthand ? `${name}: ` : ""}__cells.${name}`);
  }
  walk(cell.program, (node) => {
    if (node.type === "ImportExpression") text.overwrite(node.start, node.start + 6, "__tslake.import");
    return !isTypeOnly(node);
  });
  for (const statement of statements) rewriteStatement(text, statement, cell.source, used);
  const last = cell.program.body.at(-1);
  if (last?.type === "ExpressionStatement") {
    text.prependRight(last.expression.start, "__tslake.last = (").appendLeft(last.expression.end, ")");
  }
  const functions = statements.filter(({ type }) => type === "FunctionDeclaration");
  const head = functions.map((statement) => share(statement, used)).join("");
  const kind = statements.some(awaits) ? "async function" : "function";
  return text.prepend(`${kind} () {${head}\n`).append("\n},\n");
}

function rewriteStatement(text: MagicString, statement: Node, source: string, used: ReadonlySet<string>): void {
  if (statement.type === "FunctionDeclaration" || statement.type === "EmptyStatement") return;
  if (statement.type === "ExportNamedDeclaration") return void text.remove(statement.start, statement.end);
  if (statement.type === "ImportDeclaration") text.overwrite(statement.start, statement.end, requireCall(statement));
  if (statement.type === "TSImportEqualsDeclaration") text.overwrite(statement.start, statement.start + 6, "const");
  text.appendLeft(statement.start, `;__tslake.at(${positionAt(source, statement.start).line});`);
  text.appendRight(statement.end, share(statement, used));
}

/** The code that lets other cells use what a statement declares. */
function share(statement: Node, used: ReadonlySet<string>): string {
  return bindingsOf(statement)
    .filter(({ name, typeOnly }) => !typeOnly && used.has(name))
    .map(({ name, mutable }) => `;__tslake.share("${name}", ${mutable}, () => ${name});`)
    .join("");
}

/** An import as TypeScript compiles it for CommonJS with `esModuleInterop`. */
function requireCall({ source, specifiers }: ImportDeclaration): string {
  const required = `require(${JSON.stringify(source.value)})`;
  const values = specifiers.filter((specifier) => !("importKind" in specifier) || specifier.importKind !== "type");
  if (values.length === 0) return specifiers.length === 0 ? `${required};` : "";
  const whole = values.find(({ type }) => type === "ImportNamespaceSpecifier");
  const named = values.flatMap((specifier) => {
    if (specifier.type === "ImportNamespaceSpecifier") return [];
    return [`${importedKey(specifier)}: ${specifier.local.name}`];
  });
  const interoperates = whole !== undefined || named.some((binding) => binding.startsWith("default:"));
  const value = interoperates ? `__tslake.interop(${required})` : required;
  const patterns = [
    ...(whole === undefined ? [] : [whole.local.name]),
    ...(named.length > 0 ? [`{ ${named.join(", ")} }`] : []),
  ];
  return patterns.map((pattern) => `const ${pattern} = ${value};`).join(" ");
}

function importedKey(
  specifier: Exclude<ImportDeclaration["specifiers"][number], { type: "ImportNamespaceSpecifier" }>,
): string {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  return specifier.imported.type === "Identifier" ? specifier.imported.name : JSON.stringify(specifier.imported.value);
}

/** True when a statement awaits outside any function. */
function awaits(statement: Node): boolean {
  let found = false;
  walk(statement, (node) => {
    if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)) found = true;
    return !found && !("params" in node) && !isTypeOnly(node);
  });
  return found;
}

function removeTypes(source: string, path: string): { readonly code: string; readonly map: MapLike } {
  const { code, map, errors } = transformSync("notebook.ts", source, {
    lang: "ts",
    sourceType: "module",
    sourcemap: true,
    typescript: { onlyRemoveTypeImports: true },
  });
  const error = errors[0];
  if (error !== undefined || map === undefined) {
    throw new NotebookError(`${basename(path)} cannot be compiled: ${error?.message ?? "no source map"}`, {
      where: { notebook: path },
    });
  }
  return { code, map };
}

interface MapLike {
  readonly version: number;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/** Without the contents: nobody reads them. */
function toSourceMap({ version, sources, names, mappings }: MapLike): SourceMap {
  return {
    file: "",
    version,
    sources: [...sources],
    sourcesContent: [],
    names: [...names],
    mappings,
    sourceRoot: "",
  };
}
