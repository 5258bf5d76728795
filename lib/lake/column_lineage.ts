import type { Catalog } from "../contract/catalog.js";
import { type ColumnSources, lineage } from "../relation/lineage.js";
import type { RelationNode } from "../relation/node.js";

/** Domain of a table in which it keeps from which columns of other tables each of its own was made. */
export const LINEAGE_DOMAIN = "tslake.lineage";

/**
 * The lineage of rows for a table's log: JSON, source columns as `table.column` by column. The table itself and sources
 * without a contract are left out; undefined when nothing remains.
 */
export function lineageText(
  table: string,
  node: RelationNode,
  catalog: Catalog,
  frames: (id: string) => ColumnSources | undefined,
): string | undefined {
  const sources = [...lineage({ node }, frames)].map(([column, from]): [string, readonly string[]] => [
    column,
    from.flatMap(({ source, column: name }) => (source === table || !catalog.has(source) ? [] : [`${source}.${name}`])),
  ]);
  const known = sources.filter(([, from]) => from.length > 0);
  return known.length === 0 ? undefined : JSON.stringify(Object.fromEntries(known));
}
