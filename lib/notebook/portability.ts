import { type ParsedCell, type Position, positionAt } from "./cell.js";
import { bindingsOf, freeReferences } from "./scope.js";

/**
 * What runs headlessly but fails in a tslab kernel, which is to run the same notebooks: tslab 1.0 does not find a name of an
 * earlier cell in a shorthand property.
 */
export function unportable(cells: readonly ParsedCell[]): (Position & { readonly message: string })[] {
  const known = new Set<string>();
  return cells.flatMap(({ number, source, program }) => {
    const found = freeReferences(program).filter(({ name, shorthand }) => shorthand && known.has(name));
    for (const { name, typeOnly } of program.body.flatMap(bindingsOf)) if (!typeOnly) known.add(name);
    return found.map(({ name, start }) => ({
      cell: number,
      ...positionAt(source, start),
      message: `tslab does not find ${name}, of an earlier cell, in a shorthand property: write ${name}: ${name}`,
    }));
  });
}
