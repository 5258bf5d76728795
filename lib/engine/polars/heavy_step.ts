import { inputsOf, type RelationNode } from "../../relation/node.js";
import { columnsBelow } from "./columns_below.js";
import { isSorting } from "./distinct.js";
import { hasWindows, isRowWise } from "./row_wise.js";

/** A step that holds all its rows in memory, but may be done piece by piece. */
export interface HeavyStep {
  /** Columns that it holds of every row, about. */
  readonly width: number;
  /** The columns of the result by whose values its rows can be told apart. */
  readonly columns: readonly string[];
}

/** The first step below a node, seen from the result, that holds its rows and can be done piece by piece; no order is lost by that. */
export function heavyStep(
  node: RelationNode,
  columns: ReadonlyMap<string, string> = new Map(node.fields.map((f) => [f.name, f.name])),
): HeavyStep | undefined {
  if (columns.size === 0 || node.op === "sort") return undefined;
  const inputs = inputsOf(node).map((_, i) => below(node, columns, i));
  const width = widthHeld(node);
  const [first = new Map<string, string>()] = inputs;
  if (width > 0 && first.size > 0) return { width, columns: [...first.keys()] };
  for (const [i, input] of inputsOf(node).entries()) {
    const found = heavyStep(input, inputs[i]);
    if (found) return found;
  }
  return undefined;
}

/** The same columns of the result by their names in an input, as far as rows may be chosen by them there. */
function below(node: RelationNode, columns: ReadonlyMap<string, string>, input: number): ReadonlyMap<string, string> {
  return new Map(
    [...columns].flatMap(([name, here]): [string, string][] => {
      const column = columnsBelow(node, here)?.[input];
      return column === undefined ? [] : [[name, column]];
    }),
  );
}

/** What a step that sorts its rows, or tells repeated texts apart, holds of each: some columns and a fingerprint, or all. */
function widthHeld(node: RelationNode): number {
  if (node.op === "project") return hasWindows(node) ? Math.max(node.input.fields.length, node.columns.length) : 0;
  if (node.op !== "distinct" || (!hasText(node) && !isSorting(node))) return 0;
  return hasText(node) && isRowWise(node.input) ? node.orderBy.length + 3 : node.fields.length;
}

function hasText(node: Extract<RelationNode, { op: "distinct" }>): boolean {
  return node.fields.some((f) => f.type === "string" && node.on.includes(f.name));
}
