import type { Catalog } from "../contract/catalog.js";
import type { AnyTable } from "../contract/define_table.js";
import { UsageError } from "../errors.js";
import { namePattern } from "../storage/name_pattern.js";

/**
 * The tables that expressions in dbt's graph syntax name: `silver.vendas`, `+gold.gvm` (with all it is built from),
 * `bronze.*+` (with all that is built from them), `2+gold.gvm+1` (so many steps away), `@silver.vendas` (descendants with
 * all that these need), `silver` (a layer), `vendas` (that name in every layer). Spaces unite, commas intersect.
 * Source: docs.getdbt.com, "Graph operators" and "Set operators".
 * @returns names in dependency order
 * @throws UsageError that quotes the part which names nothing, and lists the tables
 */
export function selectTables(catalog: Catalog, expressions: readonly string[]): readonly string[] {
  if (expressions.length === 0) return catalog.steps.map((table) => table.name);
  const unions = expressions.flatMap((expression) => expression.split(/\s+/)).filter((part) => part !== "");
  const chosen = new Set(unions.flatMap((part) => [...intersection(catalog, part)]));
  if (chosen.size === 0) {
    throw new UsageError("the selection names no table", {
      actual: JSON.stringify(expressions.join(" ")),
      remedy: listing(catalog),
    });
  }
  return catalog.steps.map((table) => table.name).filter((name) => chosen.has(name));
}

function intersection(catalog: Catalog, part: string): ReadonlySet<string> {
  const sets = part.split(",").map((atom) => selectAtom(catalog, atom));
  const [first = new Set<string>(), ...others] = sets;
  return new Set([...first].filter((name) => others.every((other) => other.has(name))));
}

function selectAtom(catalog: Catalog, atom: string): ReadonlySet<string> {
  const match = /^(@)?(?:(\d*)\+)?([^+@]+?)(?:\+(\d*))?$/.exec(atom);
  const [, closure, before, pattern = "", after] = match ?? [];
  const both = closure !== undefined && (before !== undefined || after !== undefined);
  const named = match === null || both ? [] : catalog.steps.filter((table) => isNamed(table, pattern));
  if (named.length === 0) {
    throw new UsageError(`the selection ${JSON.stringify(atom)} names no table`, {
      expected: "layer.table, layer.*, +x, x+, 2+x, @x; spaces unite, commas intersect",
      remedy: listing(catalog),
    });
  }
  const chosen = new Set(named.map((table) => table.name));
  if (before !== undefined) addReach(chosen, named, depth(before), (name) => catalog.table(name).reads);
  if (after !== undefined) addReach(chosen, named, depth(after), (name) => readersOf(catalog, name));
  if (closure !== undefined) {
    addReach(chosen, named, Number.POSITIVE_INFINITY, (name) => readersOf(catalog, name));
    for (const name of [...chosen]) for (const needed of catalog.upstream(name)) chosen.add(needed);
  }
  return chosen;
}

/** `*` stands for any text; without a dot the pattern is a layer or a name in every layer. */
function isNamed(table: AnyTable, pattern: string): boolean {
  const fits = (text: string): boolean => namePattern(pattern).test(text);
  if (pattern.includes(".")) return fits(table.name);
  return fits(table.layer) || fits(table.name.slice(table.layer.length + 1));
}

function addReach(
  chosen: Set<string>,
  from: readonly AnyTable[],
  steps: number,
  next: (name: string) => readonly string[],
): void {
  let frontier: readonly string[] = from.map((table) => table.name);
  const seen = new Set(frontier);
  for (let step = 0; step < steps && frontier.length > 0; step++) {
    frontier = [...new Set(frontier.flatMap(next))].filter((name) => !seen.has(name));
    for (const name of frontier) {
      seen.add(name);
      chosen.add(name);
    }
  }
}

function readersOf(catalog: Catalog, name: string): readonly string[] {
  return catalog.steps.filter((table) => table.reads.includes(name)).map((table) => table.name);
}

function depth(digits: string): number {
  return digits === "" ? Number.POSITIVE_INFINITY : Number(digits);
}

function listing(catalog: Catalog): string {
  return `choose from ${catalog.steps.map((table) => table.name).join(", ")}`;
}
