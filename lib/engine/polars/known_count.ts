import type { RelationNode, Source } from "../../relation/node.js";

/** The number of rows of a relation, where its sources' are known and its operators keep or add them up. */
export async function countWithoutReading(
  node: RelationNode,
  rowsOf: (source: Source) => Promise<number | undefined>,
): Promise<number | undefined> {
  switch (node.op) {
    case "scan":
      return rowsOf(node.source);
    case "project":
    case "sort":
      return countWithoutReading(node.input, rowsOf);
    case "limit": {
      const rows = await countWithoutReading(node.input, rowsOf);
      return rows === undefined ? undefined : Math.min(rows, node.rows);
    }
    case "union": {
      let sum = 0;
      for (const input of node.inputs) {
        const rows = await countWithoutReading(input, rowsOf);
        if (rows === undefined) return undefined;
        sum += rows;
      }
      return sum;
    }
    default:
      return undefined;
  }
}

/** What stands under the first rows of so many, or of nobody knows how many. */
export function captionOf(shown: number, all: number | undefined): string {
  if (all === undefined) return `first ${shown} rows`;
  const rows = `${all.toLocaleString("en")} ${all === 1 ? "row" : "rows"}`;
  return all > shown ? `first ${shown} of ${rows}` : rows;
}
