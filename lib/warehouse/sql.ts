/** SQL that every engine reads alike. */

/** A name as it is, also when it is a word of SQL's. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as a constant. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

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
