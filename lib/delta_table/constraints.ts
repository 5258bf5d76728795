import { isJsonObject, stringifyJson } from "../delta/json.js";
import { someField } from "../delta/schema.js";
import { DataError, UnsupportedFeatureError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { StructField } from "../types.js";
import { filtered, notTrue } from "./expressions.js";
import { generationConditions } from "./generated_columns.js";
import { resolver, tableScope } from "./rules.js";
import { parseCondition } from "./sql_expression.js";

/** A condition that every row of a table satisfies. A null result breaks it. */
export interface Constraint {
  readonly name: string;
  /** The column, or the place in one, that it is about, where there is one. */
  readonly column?: string;
  readonly condition: Expr;
}

const CHECK_PREFIX = "delta.constraints.";

/**
 * What every row of a table must satisfy beside NOT NULL: its CHECK constraints, column invariants and generated columns
 * (protocol, "CHECK Constraints", "Column Invariants", "Generated Columns").
 * @throws UnsupportedFeatureError naming the constraint whose expression this engine does not know
 */
export function constraintsOf(
  fields: readonly StructField[],
  configuration: Readonly<Record<string, string>> = {},
  label: string,
): readonly Constraint[] {
  const resolve = resolver(tableScope(fields));
  const checks = Object.entries(configuration)
    .filter(([name]) => name.startsWith(CHECK_PREFIX))
    .map(([name, sql]) => ({ name: `CHECK constraint ${name.slice(CHECK_PREFIX.length)} (${sql})`, sql }));
  const invariants = fields.flatMap((f) => {
    if (someField(f.type, (inner) => invariantOf(inner) !== undefined))
      throw unknown(`an invariant within ${f.name}`, label);
    const sql = invariantOf(f);
    return sql === undefined ? [] : [{ name: `invariant of ${f.name} (${sql})`, sql }];
  });
  return [
    ...[...checks, ...invariants].map(({ name, sql }) => ({ name, condition: known(name, sql, resolve, label) })),
    ...generationConditions(fields, label),
  ];
}

/** @throws DataError showing a row that breaks a constraint, and how many there are */
export async function checkRows(rows: Relation, constraints: readonly Constraint[], label: string): Promise<void> {
  for (const { name, column, condition } of constraints) {
    const broken = filtered(rows, notTrue(condition));
    const [example] = await broken.limit(1).collect();
    if (example === undefined) continue;
    const shown = Object.entries(example).map(([of, value]) => `${of} = ${textOf(value)}`);
    throw new DataError(`${label}: rows break the ${name}, nothing is written`, {
      where: { table: label, ...(column === undefined ? {} : { column }) },
      expected: column === undefined ? "true for every row" : "no null",
      actual: `${await broken.count()} rows, for instance ${shown.join(", ")}`,
      remedy: "Correct these rows or leave them out.",
    });
  }
}

function textOf(value: Value): string {
  return typeof value === "object" && value !== null ? stringifyJson(value) : String(value);
}

function known(name: string, sql: string, resolve: ReturnType<typeof resolver>, label: string): Expr {
  try {
    return parseCondition(sql, resolve);
  } catch (cause) {
    throw unknown(`the ${name}`, label, { actual: sql, cause });
  }
}

function unknown(
  constraint: string,
  label: string,
  more: { readonly actual?: string; readonly cause?: unknown } = {},
): UnsupportedFeatureError {
  return new UnsupportedFeatureError(`${label}: this engine cannot enforce ${constraint}`, {
    where: { table: label },
    remedy: "Write with the engine that made the constraint, or drop it.",
    ...more,
  });
}

/** The SQL of `delta.invariants`: `{"expression":{"expression":"x > 3"}}`. */
function invariantOf({ metadata }: StructField): string | undefined {
  const text = metadata["delta.invariants"];
  if (typeof text !== "string") return undefined;
  const parsed: unknown = JSON.parse(text);
  const inner = isJsonObject(parsed) ? parsed["expression"] : undefined;
  const sql = isJsonObject(inner) ? inner["expression"] : undefined;
  return typeof sql === "string" ? sql : undefined;
}
