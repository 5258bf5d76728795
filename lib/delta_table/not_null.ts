import { physicalName } from "../delta/column_mapping.js";
import type { WrittenFile } from "../engine/polars/engine.js";
import { DataError } from "../errors.js";
import { call } from "../relation/column.js";
import { literalExpr } from "../relation/literal.js";
import type { DataType, StructField } from "../types.js";
import type { Constraint } from "./constraints.js";
import { columnExpr } from "./expressions.js";

/**
 * @throws DataError for a null in a column that is not nullable, by what the files' footers and partition values say
 */
export function checkNulls(fields: readonly StructField[], written: readonly WrittenFile[], label: string): void {
  const nulls = nullCounts(written);
  for (const column of fields) {
    const { name, nullable } = column;
    const count = nulls.get(keyOf([physicalName(column)])) ?? 0;
    if (nullable || count === 0) continue;
    throw new DataError(`${label}: null in a column that is not nullable, nothing is written`, {
      where: { table: label, column: name },
      expected: "no null",
      actual: `${count} rows`,
      remedy: `filter these rows, give ${name} a default, or make the column nullable`,
    });
  }
}

/**
 * What NOT NULL demands below the columns: of fields of structs, elements of lists, values of maps (protocol,
 * "Schema Serialization Format": `nullable`, `containsNull`, `valueContainsNull`). Left out is what the files' footers
 * prove.
 */
export function notNullWithin(fields: readonly StructField[], written: readonly WrittenFile[]): readonly Constraint[] {
  const nulls = nullCounts(written);
  return fields.flatMap((column) =>
    requiredBelow(column.type, { names: [], stored: [physicalName(column)] })
      .filter(({ stored }) => stored === undefined || nulls.get(keyOf(stored)) !== 0)
      .map(({ names }) => {
        const at = [column.name, ...names].join(".");
        const path = names.map((name) => literalExpr(name, "string"));
        const isNull = call("isNullWithin", [columnExpr(column), ...path], "boolean", false);
        return { name: `NOT NULL of ${at}`, column: at, condition: call("not", [isNull.expr], "boolean", false).expr };
      }),
  );
}

/** A place below a column: its names, and the names in files as far as footers tell of it. */
interface Place {
  readonly names: readonly string[];
  readonly stored: readonly string[] | undefined;
}

function requiredBelow(type: DataType, place: Place): readonly Place[] {
  if (typeof type === "string") return [];
  const part = (name: string, stored: string | undefined, inner: DataType, isRequired: boolean): readonly Place[] => {
    const below = {
      names: [...place.names, name],
      stored: place.stored && stored !== undefined ? [...place.stored, stored] : undefined,
    };
    return [...(isRequired ? [below] : []), ...requiredBelow(inner, below)];
  };
  switch (type.type) {
    case "struct":
      return type.fields.flatMap((f) => part(f.name, physicalName(f), f.type, !f.nullable));
    case "array":
      return part("element", undefined, type.elementType, !type.containsNull);
    case "map":
      return [
        // No file can be written with a null among the keys.
        ...part("key", undefined, type.keyType, false),
        ...part("value", undefined, type.valueType, !type.valueContainsNull),
      ];
  }
}

/** How many nulls the files hold, where they tell. */
function nullCounts(written: readonly WrittenFile[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (path: readonly string[], nulls: number): void => {
    counts.set(keyOf(path), (counts.get(keyOf(path)) ?? 0) + nulls);
  };
  for (const { columns, partitionValues, rows } of written) {
    for (const { path, nullCount } of columns) add(path, nullCount);
    for (const [name, value] of Object.entries(partitionValues)) add([name], value === null ? rows : 0);
  }
  return counts;
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}
