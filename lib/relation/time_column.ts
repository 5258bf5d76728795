import { checkTimeFormat, DAY_FIELDS } from "./arguments.js";
import { Column, call, type Operand, register } from "./column.js";
import type { Expr, FunctionName } from "./expr.js";
import { literalExpr } from "./literal.js";
import type { IntegerColumn, LongColumn } from "./number_column.js";
import type { TextColumn } from "./text_column.js";

export type DateUnit = "year" | "quarter" | "month" | "week" | "day";

/** A calendar day. */
export class DateColumn extends Column<"date"> {
  year(): IntegerColumn {
    return part("year", this.expr);
  }
  month(): IntegerColumn {
    return part("month", this.expr);
  }
  day(): IntegerColumn {
    return part("day", this.expr);
  }
  /** The first day of its year, quarter, month or week (Monday). */
  truncate(unit: DateUnit): DateColumn {
    return call("truncate", [this.expr, literalExpr(unit, "string")], "date", this.expr.nullable);
  }
  addDays(days: Operand<"integer">): DateColumn {
    return call("addDays", [this.expr, days instanceof Column ? days.expr : literalExpr(days, "integer")], "date");
  }
  /** Days since another date; negative when the other is later. */
  daysSince(other: Operand<"date">): IntegerColumn {
    return call("daysBetween", [this.expr, this.operand(other)], "integer");
  }
  format(format: string): TextColumn {
    checkTimeFormat(format, DAY_FIELDS);
    return call("formatDate", [this.expr, literalExpr(format, "string")], "string");
  }
}

/** A wall-clock time without zone, to the microsecond; it is never shifted. */
export class WallClockColumn extends Column<"timestamp_ntz"> {
  year(): IntegerColumn {
    return part("year", this.expr);
  }
  month(): IntegerColumn {
    return part("month", this.expr);
  }
  day(): IntegerColumn {
    return part("day", this.expr);
  }
  hour(): IntegerColumn {
    return part("hour", this.expr);
  }
  minute(): IntegerColumn {
    return part("minute", this.expr);
  }
  second(): IntegerColumn {
    return part("second", this.expr);
  }
  toDate(): DateColumn {
    return call("toDate", [this.expr], "date");
  }
  truncate(unit: DateUnit | "hour"): WallClockColumn {
    return call("truncate", [this.expr, literalExpr(unit, "string")], "timestamp_ntz", this.expr.nullable);
  }
  addSeconds(seconds: Operand<"long">): WallClockColumn {
    return call(
      "addSeconds",
      [this.expr, seconds instanceof Column ? seconds.expr : literalExpr(seconds, "long")],
      "timestamp_ntz",
    );
  }
  /** Whole seconds since another time; negative when the other is later. */
  secondsSince(other: Operand<"timestamp_ntz">): LongColumn {
    return call("secondsBetween", [this.expr, this.operand(other)], "long");
  }
  format(format: string): TextColumn {
    checkTimeFormat(format);
    return call("formatDate", [this.expr, literalExpr(format, "string")], "string");
  }
}

/** An instant, UTC, to the microsecond. */
export class TimestampColumn extends Column<"timestamp"> {}

register("date", DateColumn);
register("timestamp_ntz", WallClockColumn);
register("timestamp", TimestampColumn);

function part(fn: FunctionName, expr: Expr): IntegerColumn {
  return call(fn, [expr], "integer");
}
