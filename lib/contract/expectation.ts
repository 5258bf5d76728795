import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Columns, Shape } from "../relation/relation.js";

/** What happens to a row that breaks a rule; `fail` stops the run before anything is written. */
export type Severity = "warn" | "quarantine" | "drop" | "fail";

/** A rule over the typed columns of one row. It is kept only when it is true: null counts as broken. */
export interface Expectation<S extends Shape = Shape> {
  readonly severity: Severity;
  readonly rule: (t: Columns<S>) => BooleanColumn;
}

type Rule<S extends Shape> = Expectation<S>["rule"];

/** Broken rows are written and counted. */
export function warn<S extends Shape>(rule: Rule<S>): Expectation<S> {
  return { severity: "warn", rule };
}
/** Broken rows are kept beside the table, with every reason, until they are replayed. */
export function quarantine<S extends Shape>(rule: Rule<S>): Expectation<S> {
  return { severity: "quarantine", rule };
}
/** Broken rows are left out and counted. */
export function drop<S extends Shape>(rule: Rule<S>): Expectation<S> {
  return { severity: "drop", rule };
}
/** A broken row stops the run. */
export function fail<S extends Shape>(rule: Rule<S>): Expectation<S> {
  return { severity: "fail", rule };
}
