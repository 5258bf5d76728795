import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Column } from "../relation/column.js";
import type { TextColumn } from "../relation/text_column.js";
import { coalesce, concat, lit, when } from "../relation/when.js";
import { type DecimalType, decimalOf, formatType } from "../types.js";
import type { ColumnSpec, NumberLocale } from "./column_spec.js";

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
 * text columns only emptiness is looked at.
 *
 * pt-BR numbers: with a comma, dots must separate groups of three; without one, a dot before one or two final digits is
 * the decimal point; other dotted text (`1.234`) is ambiguous and does not fit, nor do more decimals than the scale.
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
    case "number": {
      const scale = decimalOf(spec.type)?.scale;
      if (scale === undefined) return text.tryCast(spec.type);
      const isNumber = text.matches(`^${numberPattern(parse.locale, scale)}$`);
      return when(isNumber, plainNumber(text, parse.locale, scale))
        .otherwise(null)
        .tryCast(spec.type);
    }
    case "percent": {
      const scale = (decimalOf(spec.type)?.scale ?? 0) - 2;
      const share: DecimalType = `decimal(${decimalOf(spec.type)?.precision ?? 0},${scale})`;
      const isPercentage = text.matches(`^${numberPattern(parse.locale, scale)}\\s*%$`);
      return when(isPercentage, plainNumber(text.replace("%", "").trim(), parse.locale, scale))
        .otherwise(null)
        .tryCast(share)
        .times(lit("0.01", "decimal(3,2)"))
        .tryCast(spec.type);
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

/** What a number looks like that is not ambiguous; each alternative has an end of its own. */
function numberPattern(locale: NumberLocale, scale: number): string {
  const decimals = (most: number): string => (most === 0 ? "" : `(\\.[0-9]{1,${most}})?`);
  if (locale === "plain") return `[+-]?[0-9]+${decimals(scale)}`;
  const pointed = `[0-9]+${decimals(Math.min(scale, 2))}`;
  return scale === 0 ? `[+-]?${pointed}` : `[+-]?(${pointed}|([0-9]{1,3}(\\.[0-9]{3})+|[0-9]+),[0-9]{1,${scale}})`;
}

/** A number that looks as it should, with a decimal point and no separators. */
function plainNumber(text: TextColumn, locale: NumberLocale, scale: number): TextColumn {
  if (locale === "plain" || scale === 0) return text;
  return when(text.contains(","), text.replace(".", "").replace(",", ".")).otherwise(text);
}

function emptyValue(spec: ColumnSpec): Column {
  return lit(spec.empty ?? null, spec.type) as Column;
}

function expectation(spec: ColumnSpec): string {
  switch (spec.parse.rule) {
    case "number":
      return `a ${formatType(spec.type)} in ${spec.parse.locale} notation`;
    case "percent":
      return "a percentage";
    case "date":
    case "timestamp":
      return `a ${spec.parse.rule} like ${spec.parse.formats[0] ?? ""}`;
    default:
      return `of type ${formatType(spec.type)}`;
  }
}
