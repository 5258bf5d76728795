import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Column } from "../relation/column.js";
import type { TextColumn } from "../relation/text_column.js";
import { coalesce, concat, lit, when } from "../relation/when.js";
import { type DataType, type DecimalType, decimalOf, decimalType, formatType } from "../types.js";
import type { ColumnSpec } from "./column_spec.js";

/** A value read from text. */
export interface Parsed {
  /** Null for empty text without a default, and for text that does not fit. */
  readonly value: Column;
  /** True for text that does not fit; never null. */
  readonly unparsable: BooleanColumn;
  /** Why, for people; only meaningful where `unparsable` is true. */
  readonly reason: TextColumn;
}

/**
 * How a column of a contract is read from text, as expressions. Text around numbers, dates and truth values is trimmed; of
 * text columns only emptiness is looked at. Numbers: see `parseDecimal` of `TextColumn`.
 */
export function parseColumn(name: string, spec: ColumnSpec, text: TextColumn): Parsed {
  if (spec.parse.rule === "text") {
    const value = text.nullIf("");
    return {
      value: spec.empty === undefined ? value : coalesce(value, emptyValue(spec)),
      unparsable: lit(false),
      reason: lit(""),
    };
  }
  const trimmed = text.trim();
  const value = readValue(spec, trimmed);
  const unparsable = value.isNull().and(text.isNotNull(), trimmed.ne(""));
  return {
    value: spec.empty === undefined ? value : when(value.isNotNull().or(unparsable), value).otherwise(emptyValue(spec)),
    unparsable,
    reason: concat(`${name} is not ${expectation(spec)}: `, trimmed.orElse("")),
  };
}

/** Null for text that does not fit, empty text among it. */
function readValue(spec: ColumnSpec, text: TextColumn): Column {
  const { parse } = spec;
  switch (parse.rule) {
    case "integer":
      return when(text.matches("^[+-]?[0-9]+$"), text).otherwise(null).tryCast(spec.type);
    case "boolean":
      return when(text.lower().isIn("true", "1"), true).when(text.lower().isIn("false", "0"), false).otherwise(null);
    case "number":
      return isDecimal(spec.type) ? text.parseDecimal(spec.type, parse.locale) : text.tryCast(spec.type);
    case "percent": {
      const { precision, scale } = decimalOf(spec.type) ?? { precision: 0, scale: 0 };
      const number = text
        .replace("%", "")
        .trim()
        .parseDecimal(decimalType(precision, scale - 2), parse.locale);
      const share = number.times(lit("0.01", "decimal(3,2)"));
      return when(text.matches("^[^%]*%$"), share).otherwise(null).tryCast(spec.type);
    }
    case "date":
      return coalesce(...parse.formats.map((format) => text.parseDate(format)));
    case "timestamp":
      return coalesce(...parse.formats.map((format) => text.parseTimestamp(format)));
    case "text":
    case "computed":
      return text;
  }
}

function emptyValue(spec: ColumnSpec): Column {
  return lit(spec.empty ?? null, spec.type) as Column;
}

function isDecimal(type: DataType): type is DecimalType {
  return decimalOf(type) !== undefined;
}

function expectation(spec: ColumnSpec): string {
  switch (spec.parse.rule) {
    case "number":
      return `a ${formatType(spec.type)} in ${spec.parse.locale} notation`;
    case "percent":
      return "a percentage";
    case "date":
    case "timestamp":
      return `a ${spec.parse.rule} like ${spec.parse.formats.join(" or ")}`;
    default:
      return `of type ${formatType(spec.type)}`;
  }
}
