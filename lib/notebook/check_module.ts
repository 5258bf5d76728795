import type { ImportDeclaration, Node } from "oxc-parser";
import type { ParsedCell, Position } from "./cell.js";
import { type Binding, bindingsOf, freeReferences } from "./scope.js";

/** A notebook as one TypeScript module that a type checker accepts exactly when its cells are right one after the other. */
export interface CheckModule {
  readonly code: string;
  /** From a place in `code`, both from 1, to one in a cell; undefined outside the cells. */
  locate(line: number, column: number): Position | undefined;
}

/**
 * Puts the cells one below the other, line by line as they are, with these exceptions:
 * - From a cell that declares a name again, or one that an earlier cell used as something else, on, all cells stand in a
 *   nested block; imports of such cells move to the top.
 * - An import of what an earlier cell has imported is left out.
 * - Between two cells every variable is assigned an `any`, so that what is known of its value in one cell (its being
 *   null, say) does not count as known in the next.
 */
export function checkModule(cells: readonly ParsedCell[]): CheckModule {
  const lines: string[] = [`declare const ${ANYTHING}: any;`];
  const origins: (Position | undefined)[] = [undefined];
  const add = (text: string, origin?: Position) => {
    for (const [index, line] of text.split("\n").entries()) {
      lines.push(line);
      const column = index === 0 ? (origin?.column ?? 1) : 1;
      origins.push(origin && { cell: origin.cell, line: origin.line + index, column });
    }
  };
  const plans = planCells(cells);
  for (const { cell, hoisted } of plans) {
    for (const { start, end } of hoisted) {
      const before = cell.source.slice(0, start).split("\n");
      const column = (before.at(-1) ?? "").length + 1;
      add(cell.source.slice(start, end), { cell: cell.number, line: before.length, column });
    }
  }
  for (const { cell, nested, removed, variables } of plans) {
    if (nested) add("{");
    add(blank(cell.source, removed), { cell: cell.number, line: 1, column: 1 });
    add(`;${variables.map((name) => `${name} = ${ANYTHING};`).join(" ")}`);
  }
  add(`${"}".repeat(plans.filter(({ nested }) => nested).length)}\nexport {};`);
  return {
    code: `${lines.join("\n")}\n`,
    locate: (line, column) => {
      const origin = origins[line - 1];
      return origin && { ...origin, column: origin.column + column - 1 };
    },
  };
}

const ANYTHING = "__tslake_anything";

interface Span {
  readonly start: number;
  readonly end: number;
}

interface CellPlan {
  readonly cell: ParsedCell;
  /** True for the first cell of a new block. */
  readonly nested: boolean;
  /** Imports that move to the top. */
  readonly hoisted: readonly Span[];
  readonly removed: readonly Span[];
  /** All variables in sight after the cell. */
  readonly variables: readonly string[];
}

function planCells(cells: readonly ParsedCell[]): CellPlan[] {
  const declared = new Map<string, Binding>();
  const used = new Set<string>();
  const variables = new Set<string>();
  let inBlock = false;
  return cells.map((cell) => {
    const imports = cell.program.body.filter((node): node is ImportDeclaration => node.type === "ImportDeclaration");
    const repeated = imports.flatMap((node) => repeatedSpans(node, cell.source, declared));
    const bindings = cell.program.body
      .flatMap(bindingsOf)
      .filter(({ name, origin }) => origin === undefined || declared.get(name)?.origin !== origin);
    const nested = bindings.some(({ name }) => declared.has(name) || used.has(name));
    inBlock ||= nested;
    const hoisted = inBlock ? imports.filter((node) => !repeated.some(({ start }) => start === node.start)) : [];
    for (const binding of bindings) {
      declared.set(binding.name, binding);
      variables.delete(binding.name);
    }
    for (const name of cell.program.body.flatMap(variableNames)) variables.add(name);
    for (const { name } of freeReferences(cell.program)) if (!declared.has(name)) used.add(name);
    return { cell, nested, hoisted, removed: [...repeated, ...hoisted], variables: [...variables] };
  });
}

/** What of an import repeats an earlier one: the whole statement, or single names each with the comma after it. */
function repeatedSpans(node: ImportDeclaration, source: string, declared: ReadonlyMap<string, Binding>): Span[] {
  const bindings = bindingsOf(node);
  const repeats = node.specifiers.filter((_, index) => {
    const binding = bindings[index];
    return binding !== undefined && declared.get(binding.name)?.origin === binding.origin;
  });
  if (repeats.length === 0) return [];
  if (repeats.length === node.specifiers.length) return [node];
  return repeats.map(({ start, end }) => ({ start, end: end + (/^\s*,/.exec(source.slice(end))?.[0].length ?? 0) }));
}

function variableNames(statement: Node): string[] {
  if (statement.type !== "VariableDeclaration" || statement.kind === "const" || statement.declare === true) return [];
  return bindingsOf(statement).map(({ name }) => name);
}

/** The text with spaces in place of the spans, lines and columns unchanged. */
function blank(source: string, spans: readonly Span[]): string {
  let text = source;
  for (const { start, end } of spans) {
    text = text.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, " ") + text.slice(end);
  }
  return text;
}
