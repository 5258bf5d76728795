/** SQL that every engine reads alike. */

import { identifier, literal } from "../engine/duckdb/quote.js";

export { identifier, literal };

/** Names in a list. */
export function identifiers(names: readonly string[], of?: string): string {
  return names.map((name) => (of === undefined ? identifier(name) : `${of}.${identifier(name)}`)).join(", ");
}

/** Equal in each of these columns. */
export function matches(names: readonly string[], left: string, right: string): string {
  return names.map((name) => `${left}.${identifier(name)} = ${right}.${identifier(name)}`).join(" AND ");
}

/** The description of a table, view or column, where people's tools find it. */
export function comment(kind: "TABLE" | "VIEW" | "COLUMN", name: string, description: string, column?: string): string {
  const what = column === undefined ? identifier(name) : `${identifier(name)}.${identifier(column)}`;
  return `COMMENT ON ${kind} ${what} IS ${literal(description)}`;
}
