import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Columns, Relation, Shape } from "../relation/relation.js";
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

/** Whether any of the columns has another value than the one that is called `other` of it. */
export function differs(t: Columns<Shape>, names: readonly string[], other: (name: string) => string): BooleanColumn {
  const conditions = names.map((name) => at(t, name).eqNullSafe(at(t, other(name))));
  return all(conditions).not();
}
