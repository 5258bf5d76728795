import { RelationError } from "../../errors.js";
import { type DataType, formatType } from "../../types.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/** Whether a value holds a null at a path below it: see `isNullWithin` in `relation/functions.ts`. */
export function isNullWithin(value: PolarsExpr, type: DataType, path: readonly string[]): PolarsExpr {
  return p.fillNull(nullAt(value, type, path), p.boolean(false));
}

function nullAt(value: PolarsExpr, type: DataType, path: readonly string[]): PolarsExpr {
  const [step = "", ...rest] = path;
  const part = partOf(type, step);
  const found = (parent: PolarsExpr, at: PolarsExpr): PolarsExpr =>
    rest.length > 0 ? nullAt(at, part, rest) : p.binary("And", p.isNotNull(parent), p.isNull(at));
  if (typeof type === "object" && type.type === "struct") return found(value, p.structField(value, step));
  const inElement =
    typeof type === "object" && type.type === "map"
      ? found(p.ELEMENT, p.structField(p.ELEMENT, step))
      : rest.length > 0
        ? nullAt(p.ELEMENT, part, rest)
        : p.isNull(p.ELEMENT);
  const marks = p.eachElement(value, p.cast(inElement, "integer"));
  return p.binary("Eq", p.listCall('"Max"', marks), p.int32(1));
}

function partOf(type: DataType, step: string): DataType {
  const nested = typeof type === "string" ? undefined : type;
  const part =
    nested?.type === "struct"
      ? nested.fields.find(({ name }) => name === step)?.type
      : nested?.type === "array" && step === "element"
        ? nested.elementType
        : nested?.type === "map" && (step === "key" || step === "value")
          ? nested[`${step}Type`]
          : undefined;
  if (part !== undefined) return part;
  throw new RelationError(`${formatType(type)} has no part ${step}`, { actual: step });
}
