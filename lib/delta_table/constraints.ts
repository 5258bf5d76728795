import { isJsonObject } from "../delta/json.js";
import { DataError, UnsupportedFeatureError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { Relation } from "../relation/relation.js";
import type { StructField } from "../types.js";
import { filtered, notTrue } from "./expressions.js";
import { generationConditions } from "./generated_columns.js";
import { resolver, tableScope } from "./rules.js";
import { parseCondition } from "./sql_expression.js";

/** A condition that every row of a table satisfies. A null result breaks it. */
export interface Constraint {
  readonly name: string;
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
  for (const { name, condition } of constraints) {
    const broken = filtered(rows, notTrue(condition));
    const [example] = await broken.limit(1).collect();
    if (example === undefined) continue;
    const shown = Object.entries(example).map(([column, value]) => `${column} = ${String(value)}`);
    throw new DataError(`${label}: rows break the ${name}, nothing is written`, {
      where: { table: label },
      expected: "true for every row",
      actual: `${await broken.count()} rows, for instance ${shown.join(", ")}`,
      remedy: "Correct these rows or leave them out.",
    });
  }
}

function known(name: string, sql: string, resolve: ReturnType<typeof resolver>, label: string): Expr {
  try {
    return parseCondition(sql, resolve);
  } catch (cause) {
    throw new UnsupportedFeatureError(`${label}: this engine cannot enforce the ${name}`, {
      where: { table: label },
      actual: sql,
      remedy: "Write with the engine that made the constraint, or drop it.",
      cause,
    });
  }
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
