import type { BooleanColumn } from "../relation/boolean_column.js";

/** What happens to a row that breaks a rule; `fail` stops the run before anything is written. */
export type Severity = "warn" | "quarantine" | "drop" | "fail";

/** A rule over the typed columns of one row. It is kept only when it is true: null counts as broken. */
export interface Expectation {
  readonly severity: Severity;
  readonly condition: BooleanColumn;
}

/** Broken rows are written and counted. */
export function warn(condition: BooleanColumn): Expectation {
  return { severity: "warn", condition };
}
/** Broken rows are kept beside the table, with every reason, until they are replayed. */
export function quarantine(condition: BooleanColumn): Expectation {
  return { severity: "quarantine", condition };
}
/** Broken rows are left out and counted. */
export function drop(condition: BooleanColumn): Expectation {
  return { severity: "drop", condition };
}
/** A broken row stops the run. */
export function fail(condition: BooleanColumn): Expectation {
  return { severity: "fail", condition };
}
