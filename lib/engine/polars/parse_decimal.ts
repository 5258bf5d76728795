import { type DataType, decimalOf } from "../../types.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";

/**
 * Text in a notation as a decimal. What does not look like a number there counts as null, whatever the library's parser
 * makes of it: that takes exponents too, and rounds. Separators are looked for only where there is a comma.
 */
export function parseDecimal(input: PolarsExpr, locale: string, type: DataType, bind: Bind): PolarsExpr {
  const scale = decimalOf(type)?.scale ?? 0;
  const text = bind(input);
  const pattern = locale === "pt-BR" ? brazilian(scale) : plain(scale, scale);
  const isNumber = p.matches(text, p.text(`^[+-]?(?:${pattern})$`));
  const pointed = locale === "pt-BR" && scale > 0 ? withPoint(text, bind) : text;
  return p.choose(isNumber, p.cast(pointed, type, "NonStrict"), p.nullOf(type));
}

function plain(scale: number, decimals: number): string {
  return scale === 0 ? "[0-9]+" : `[0-9]+(?:\\.[0-9]{1,${decimals}})?`;
}

function brazilian(scale: number): string {
  const pointed = plain(scale, Math.min(scale, 2));
  return scale === 0 ? pointed : `${pointed}|(?:[0-9]{1,3}(?:\\.[0-9]{3})+|[0-9]+),[0-9]{1,${scale}}`;
}

/** `1.234,56` as `1234.56`; text without a comma stays as it is. */
function withPoint(text: PolarsExpr, bind: Bind): PolarsExpr {
  const hasComma = p.contains(text, p.text(","));
  const whole = replaced(bind(p.choose(hasComma, text, p.nullOf("string"))), ".", "");
  return p.call('"Coalesce"', replaced(whole, ",", "."), text);
}

function replaced(text: PolarsExpr, search: string, replacement: string): PolarsExpr {
  return p.stringCall('{"Replace":{"n":-1,"literal":true}}', text, p.text(search), p.text(replacement));
}
