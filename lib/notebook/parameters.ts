import { basename } from "node:path";
import type { Node } from "oxc-parser";
import { NotebookError, UsageError } from "../errors.js";
import { INJECTED_TAG, lineAt, numberedCells, type ParsedCell, parseCell, positionAt } from "./cell.js";
import { type CodeCell, type Notebook, tagsOf } from "./document.js";

/**
 * Parameters of a notebook, after papermill: the cell tagged `parameters` declares each as `let name = literal` or
 * `let name: type = literal`; a run inserts a cell tagged `injected-parameters` after it, which assigns other values.
 */
export interface Parameter {
  readonly name: string;
  /** A union of `string`, `number`, `boolean`, `null` and literals, as written or as the default tells. */
  readonly type: string;
  readonly default: ParameterValue;
}

export type ParameterValue = string | number | boolean | null;

export type ParameterValues = Readonly<Record<string, ParameterValue>>;

const PARAMETERS_TAG = "parameters";

/**
 * The parameters that a notebook declares, in order; none when it has no cell tagged `parameters`.
 *
 * @throws NotebookError when that cell holds anything else than declarations of parameters, or when there are two.
 */
export function inspectParameters(notebook: Notebook, path: string): Parameter[] {
  return declarations(notebook, path).map(({ name, types, default: value }) => ({
    name,
    type: types.join(" | "),
    default: value,
  }));
}

/**
 * The notebook with parameters set: an `injected-parameters` cell in place of an older one. Given none, the notebook runs with
 * its defaults and gets no such cell.
 *
 * @throws UsageError that lists the valid parameters when one is unknown or has a value of another type.
 */
export function injectParameters(notebook: Notebook, values: ParameterValues, path: string): Notebook {
  const cells = notebook.cells.filter((cell) => !tagsOf(cell).includes(INJECTED_TAG));
  const names = Object.keys(values);
  if (names.length === 0) return { ...notebook, cells };
  const known = declarations(notebook, path);
  for (const name of names) checkValue(name, values[name], known, path);
  const injected: CodeCell = {
    cell_type: "code",
    id: unusedId(notebook),
    metadata: { tags: [INJECTED_TAG] },
    source: names.map((name) => `${name} = ${JSON.stringify(values[name])};`).join("\n"),
    execution_count: null,
    outputs: [],
  };
  const at = cells.findIndex((cell) => tagsOf(cell).includes(PARAMETERS_TAG)) + 1;
  return { ...notebook, cells: [...cells.slice(0, at), injected, ...cells.slice(at)] };
}

interface Declaration {
  readonly name: string;
  readonly types: readonly string[];
  readonly default: ParameterValue;
}

function declarations(notebook: Notebook, path: string): Declaration[] {
  const tagged = notebook.cells.filter((cell) => tagsOf(cell).includes(PARAMETERS_TAG)).map(({ id }) => id);
  if (tagged.length > 1) {
    throw new NotebookError(`${basename(path)} has ${tagged.length} cells tagged ${PARAMETERS_TAG}`, {
      where: { notebook: path },
      expected: "one such cell",
    });
  }
  const numbered = numberedCells(notebook).find(({ cell }) => cell.id === tagged[0]);
  if (numbered === undefined) return [];
  const cell = parseCell(numbered, path);
  return cell.program.body.flatMap((statement) => declared(statement, cell, path));
}

function declared(statement: Node, cell: ParsedCell, path: string): Declaration[] {
  if (statement.type === "EmptyStatement") return [];
  if (statement.type !== "VariableDeclaration" || statement.kind !== "let") return refuse(statement, cell, path);
  return statement.declarations.map(({ id, init }) => {
    const value = init === null ? undefined : literalOf(init);
    if (id.type !== "Identifier" || value === undefined) return refuse(statement, cell, path);
    const annotation = id.typeAnnotation?.typeAnnotation;
    const types = annotation === undefined ? (value === null ? [] : [typeof value]) : typesOf(annotation);
    if (!types.some((type) => accepts(type, value))) return refuse(statement, cell, path);
    return { name: id.name, types, default: value };
  });
}

function refuse(statement: Node, { number, source }: ParsedCell, path: string): never {
  const { line, column } = positionAt(source, statement.start);
  throw new NotebookError(`${basename(path)}: cell ${number} declares parameters and holds something else`, {
    where: { notebook: path, cell: number, line, column },
    expected: "`let name = literal` or `let name: string | number | boolean | null = literal`",
    actual: lineAt(source, line),
    remedy: "Move everything else into another cell.",
  });
}

function literalOf(node: Node): ParameterValue | undefined {
  if (node.type === "TemplateLiteral" && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  if (node.type === "UnaryExpression" && node.operator === "-") {
    const value = literalOf(node.argument);
    return typeof value === "number" ? -value : undefined;
  }
  if (node.type !== "Literal") return undefined;
  const { value } = node;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" || node.raw === "null"
    ? (value as ParameterValue)
    : undefined;
}

/** The members of a union; empty when one of them is no type of a parameter. */
function typesOf(annotation: Node): string[] {
  switch (annotation.type) {
    case "TSStringKeyword":
      return ["string"];
    case "TSNumberKeyword":
      return ["number"];
    case "TSBooleanKeyword":
      return ["boolean"];
    case "TSNullKeyword":
      return ["null"];
    case "TSLiteralType": {
      const value = literalOf(annotation.literal);
      return value === undefined ? [] : [JSON.stringify(value)];
    }
    case "TSUnionType": {
      const members = annotation.types.map(typesOf);
      return members.some((types) => types.length === 0) ? [] : members.flat();
    }
    default:
      return [];
  }
}

function accepts(type: string, value: ParameterValue): boolean {
  return type === typeof value || type === JSON.stringify(value);
}

function checkValue(name: string, value: unknown, known: readonly Declaration[], path: string): void {
  const parameter = known.find((candidate) => candidate.name === name);
  const finite = typeof value !== "number" || Number.isFinite(value);
  if (finite && parameter?.types.some((type) => accepts(type, value as ParameterValue))) return;
  const valid = known.map((one) => `${one.name}: ${one.types.join(" | ")} = ${JSON.stringify(one.default)}`);
  const problem = parameter === undefined ? `has no parameter ${name}` : `cannot take this value of ${name}`;
  throw new UsageError(`${basename(path)} ${problem}`, {
    where: { notebook: path },
    expected: valid.length === 0 ? "no parameters: the notebook declares none" : valid.join(", "),
    actual: `${name} = ${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
  });
}

function unusedId(notebook: Notebook): string {
  const taken = new Set(notebook.cells.map(({ id }) => id));
  let id = INJECTED_TAG;
  for (let n = 2; taken.has(id); n++) id = `${INJECTED_TAG}-${n}`;
  return id;
}
