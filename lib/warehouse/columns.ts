import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Column } from "../relation/column.js";
import type { Columns, Relation, Shape } from "../relation/relation.js";
import { lit } from "../relation/when.js";

/** A column of a relation whose names are only known when it runs. */
export function at<C extends Column = Column>(t: Columns<Shape>, name: string): C {
  return t[name] as C;
}

/** The rows in which none of these is null. */
export function known(rows: Relation, names: readonly string[]): Relation {
  return rows.filter((t) => all(names.map((name) => at(t, name).isNotNull())));
}

/** Some columns under other names: new name → column. */
export function renamed(rows: Relation, names: Readonly<Record<string, string>>): Relation {
  return rows.select((t) =>
    Object.fromEntries(Object.entries(names).map(([name, column]) => [name, at(t, column)])),
  ) as unknown as Relation;
}

/** Every condition. */
export function all(conditions: readonly BooleanColumn[]): BooleanColumn {
  return conditions.reduce((one, other) => one.and(other), lit(true));
}

/** Any condition. */
export function any(conditions: readonly BooleanColumn[]): BooleanColumn {
  return conditions.reduce((one, other) => one.or(other), lit(false));
}
