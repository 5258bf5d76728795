import type { Distinct, RelationNode } from "../../relation/node.js";
import { classBelow } from "./hash_class.js";
import { hasWindows } from "./row_wise.js";

/** A step that holds all its rows in memory, and the columns of the result by whose classes it can be done piece by piece. */
export interface HeavyStep {
  readonly step: Distinct;
  /** Name in the result, name in the step. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Columns that a heavy step holds of every row, about: those of its order and a fingerprint, or all. */
export function columnsHeld({ step }: HeavyStep): number {
  return isRowWise(step.input) ? step.orderBy.length + 3 : step.fields.length;
}

/** The first distinct by text below a node that can be done piece by piece. */
export function heavyStep(
  node: RelationNode,
  columns = new Map(node.fields.map((f) => [f.name, f.name])),
): HeavyStep | undefined {
  if (columns.size === 0) return undefined;
  if (node.op === "distinct" && hasText(node)) {
    const keys = new Map([...columns].filter(([, name]) => node.on.includes(name)));
    return keys.size > 0 ? { step: node, columns: keys } : undefined;
  }
  const inputs =
    node.op === "scan"
      ? []
      : node.op === "join"
        ? [node.left, node.right]
        : node.op === "union"
          ? node.inputs
          : [node.input];
  for (const [i, input] of inputs.entries()) {
    const below = new Map(
      [...columns].flatMap(([name, here]): [string, string][] => {
        const column = classBelow(node, here)?.[i];
        return column === undefined ? [] : [[name, column]];
      }),
    );
    const found = heavyStep(input, below);
    if (found) return found;
  }
  return undefined;
}

/** True when the rows of a node can be looked at without computing all of them. */
export function isRowWise(node: RelationNode): boolean {
  switch (node.op) {
    case "scan":
      return true;
    case "filter":
      return isRowWise(node.input);
    case "project":
      return !hasWindows(node) && isRowWise(node.input);
    case "union":
      return node.inputs.every(isRowWise);
    default:
      return false;
  }
}

function hasText(node: Distinct): boolean {
  return node.fields.some((f) => f.type === "string" && node.on.includes(f.name));
}
