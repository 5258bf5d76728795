import type { Column } from "./column.js";
import type { AnyRelation, Columns, Relation, Shape } from "./relation.js";

/** The same rows, for code that knows the names of columns only when it runs. */
export function untyped(rows: AnyRelation): Relation {
  return rows as Relation;
}

/** The same rows for code that knows their shape, where the type checker cannot find it out. */
export function typed<S extends Shape>(rows: AnyRelation): Relation<S> {
  return rows as Relation<S>;
}

/** A column by a name that is only known when it runs; one that is not there is an error. */
export function at<C extends Column = Column>(t: Columns<Shape>, name: string): C {
  return t[name] as C;
}
