import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Relation } from "../relation/relation.js";
import { at } from "../relation/untyped.js";
import { lit } from "../relation/when.js";

/** The rows in which none of these is null. */
export function known(rows: Relation, names: readonly string[]): Relation {
  return rows.filter((t) => all(names.map((name) => at(t, name).isNotNull())));
}

/** Some columns under other names: new name → column. */
export function renamed(rows: Relation, names: Readonly<Record<string, string>>): Relation {
  return rows.select((t) => Object.fromEntries(Object.entries(names).map(([name, column]) => [name, at(t, column)])));
}

/** Every condition. */
export function all(conditions: readonly BooleanColumn[]): BooleanColumn {
  return conditions.reduce((one, other) => one.and(other), lit(true));
}

/** Any condition. */
export function any(conditions: readonly BooleanColumn[]): BooleanColumn {
  return conditions.reduce((one, other) => one.or(other), lit(false));
}
