import type { DecimalType } from "../types.js";
import { checkInteger, checkNotEmpty, checkOneCharacter, checkTimeFormat, DAY_FIELDS } from "./arguments.js";
import type { BooleanColumn } from "./boolean_column.js";
import { checkCast } from "./casts.js";
import { Column, call, type Operand, register } from "./column.js";
import { literalExpr } from "./literal.js";
import type { DecimalColumn, IntegerColumn } from "./number_column.js";
import type { DateColumn, WallClockColumn } from "./time_column.js";

/** How numbers are written: `1234.56`, or `1.234,56` and `1234.56`. */
export type NumberLocale = "plain" | "pt-BR";

/** Unicode text. Positions and lengths are code points. */
export class TextColumn extends Column<"string"> {
  length(): IntegerColumn {
    return call("length", [this.expr], "integer");
  }
  /** Without white space at both ends. */
  trim(): TextColumn {
    return call("trim", [this.expr], "string");
  }
  upper(): TextColumn {
    return call("upper", [this.expr], "string");
  }
  lower(): TextColumn {
    return call("lower", [this.expr], "string");
  }
  /** `  são-josé  D'ÁVILA` becomes `São-josé D'ávila`. */
  titleCase(): TextColumn {
    return call("titleCase", [this.expr], "string");
  }
  /** `São` becomes `Sao`. */
  unaccent(): TextColumn {
    return call("unaccent", [this.expr], "string");
  }
  contains(text: string): BooleanColumn {
    return call("contains", [this.expr, this.text(text)], "boolean");
  }
  startsWith(text: string): BooleanColumn {
    return call("startsWith", [this.expr, this.text(text)], "boolean");
  }
  /** `start` counts from 1. */
  substring(start: number, length: number): TextColumn {
    checkInteger("the start of a substring", start, 1);
    checkInteger("the length of a substring", length, 0);
    return call("substring", [this.expr, literalExpr(start, "integer"), literalExpr(length, "integer")], "string");
  }
  /** Every occurrence of a literal text. */
  replace(search: string, replacement: string): TextColumn {
    checkNotEmpty("the text to replace", search);
    return call("replace", [this.expr, this.text(search), this.text(replacement)], "string");
  }
  /** Every match of a pattern; `$1` is its first group. */
  replaceRegex(pattern: string, replacement: string): TextColumn {
    return call("replaceRegex", [this.expr, this.text(pattern), this.text(replacement)], "string");
  }
  /** Whether the pattern is found somewhere; anchor it with `^` and `$` for the whole text. */
  matches(pattern: string): BooleanColumn {
    return call("matches", [this.expr, this.text(pattern)], "boolean");
  }
  /** A group of the first match (0: the whole of it); null when there is none. */
  extract(pattern: string, group: number): TextColumn {
    checkInteger("the number of a group", group, 0);
    return call("extract", [this.expr, this.text(pattern), literalExpr(group, "integer")], "string", true);
  }
  /** The n-th part between literal separators, from 1, or from -1 at the end; null when there are fewer. */
  splitPart(separator: string, n: number): TextColumn {
    checkNotEmpty("the separator", separator);
    checkInteger("the number of a part", Math.abs(n), 1);
    return call("splitPart", [this.expr, this.text(separator), literalExpr(n, "integer")], "string", true);
  }
  padStart(length: number, fill: string): TextColumn {
    checkInteger("the length to pad to", length, 0);
    checkOneCharacter("the padding", fill);
    return call("padStart", [this.expr, literalExpr(length, "integer"), this.text(fill)], "string");
  }
  padEnd(length: number, fill: string): TextColumn {
    checkInteger("the length to pad to", length, 0);
    checkOneCharacter("the padding", fill);
    return call("padEnd", [this.expr, literalExpr(length, "integer"), this.text(fill)], "string");
  }
  concat(...others: readonly Operand<"string">[]): TextColumn {
    return call("concat", [this.expr, ...others.map((other) => this.operand(other))], "string");
  }
  /**
   * A number with at most the type's decimals; null for any other text, also for an ambiguous one: in `pt-BR`, a point must
   * separate groups of three before a comma, or stand before one or two final digits.
   */
  parseDecimal(type: DecimalType, locale: NumberLocale = "plain"): DecimalColumn {
    checkCast("string", type);
    return call("parseDecimal", [this.expr, this.text(locale)], type, true);
  }
  /** A strftime format of `%Y %m %d`; null for text that is not such a day. */
  parseDate(format: string): DateColumn {
    checkTimeFormat(format, DAY_FIELDS);
    return call("parseDate", [this.expr, this.text(format)], "date", true);
  }
  /** A strftime format of `%Y %m %d %H %M %S %f`; null for text that is not such a time. */
  parseTimestamp(format: string): WallClockColumn {
    checkTimeFormat(format);
    return call("parseTimestamp", [this.expr, this.text(format)], "timestamp_ntz", true);
  }

  private text(value: string) {
    return literalExpr(value, "string");
  }
}

register("string", TextColumn);
