import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";

export function concat(parts: readonly PolarsExpr[], separator: string, skipNulls: boolean): PolarsExpr {
  return parts.length === 0 ? p.text("") : p.concat(parts, separator, skipNulls);
}

/** `start` counts from 1. */
export function substring(input: PolarsExpr, start: number, length: number): PolarsExpr {
  return p.stringCall('"Slice"', input, p.int64(start - 1), p.scalar("UInt64", String(length)));
}

/**
 * In the replacement, `$1` is a group; Polars writes `${1}`. It leaves a replacement as it is where the pattern has no
 * ASCII punctuation: an empty group in front gives it some.
 */
export function replaceRegex(input: PolarsExpr, pattern: string, replacement: string): PolarsExpr {
  const groups = replacement.replace(/\$(\d)?/g, (_, group: string | undefined) =>
    group === undefined ? "$$" : `\${${group}}`,
  );
  return p.stringCall(
    '{"Replace":{"n":-1,"literal":false}}',
    input,
    p.text(isPlain(pattern) ? `(?:)${pattern}` : pattern),
    p.text(groups),
  );
}

function isPlain(pattern: string): boolean {
  return !/[!-/:-@[-`{-~]/.test(pattern);
}

export function extract(input: PolarsExpr, pattern: string, group: number, bind: Bind): PolarsExpr {
  const found = bind(p.stringCall(`{"Extract":${group}}`, input, p.text(pattern)));
  return p.nullIf(found, p.text(""), "string");
}

/** Part `n` from 1, or from -1 at the end; null where there are fewer. */
export function splitPart(input: PolarsExpr, separator: string, n: number): PolarsExpr {
  const parts = p.stringCall('{"Split":false}', input, p.text(separator));
  return p.listCall('{"Get":true}', parts, p.int64(n > 0 ? n - 1 : n));
}

/** To a length in code points. */
export function pad(side: "PadStart" | "PadEnd", input: PolarsExpr, length: number, fill: string): PolarsExpr {
  return p.stringCall(`{"${side}":{"fill_char":${JSON.stringify(fill)}}}`, input, p.scalar("UInt64", String(length)));
}

/** The texts that are not null. */
export function listOf(parts: readonly PolarsExpr[]): PolarsExpr {
  if (parts.length === 0) return p.nullOf({ type: "array", elementType: "string", containsNull: false });
  return p.eachElement(p.listCall('"Concat"', ...parts), p.call('"DropNulls"', p.ELEMENT));
}

/** `São-José D'Ávila` to `Sao-Jose D'Avila`; only text beyond ASCII is taken apart. */
export function unaccent(input: PolarsExpr, bind: Bind): PolarsExpr {
  const whole = bind(input);
  const beyondAscii = p.matches(whole, p.text("[^\\x00-\\x7F]"));
  const decomposed = p.stringCall('{"Normalize":{"form":"NFD"}}', p.choose(beyondAscii, whole, p.nullOf("string")));
  return p.call('"Coalesce"', replaceRegex(decomposed, "\\p{M}+", ""), whole);
}

/**
 * Space-separated words with their first letter upper and the rest lower. Polars' own title case also begins a word after
 * other characters than a space, and keeps all spaces; it serves where a text has none of these. The others are taken
 * apart word by word.
 */
export function titleCase(input: PolarsExpr, bind: Bind): PolarsExpr {
  const whole = bind(input);
  const special = bind(p.matches(whole, p.text("[^\\p{Alphabetic} ]|İ|  |^ | $")));
  const tidied = tidySpaces(p.choose(special, whole, p.nullOf("string")));
  const words = p.stringCall('{"Split":false}', tidied, p.text(" "));
  const titled = p.listCall('{"Join":false}', p.eachElement(words, capitalised(p.ELEMENT)), p.text(" "));
  return p.choose(special, titled, p.stringCall('"Titlecase"', whole));
}

function tidySpaces(input: PolarsExpr): PolarsExpr {
  const single = p.stringCall('{"Replace":{"n":-1,"literal":false}}', input, p.text(" +"), p.text(" "));
  return p.stringCall('"StripChars"', single, p.text(" "));
}

function capitalised(word: PolarsExpr): PolarsExpr {
  const first = p.stringCall('"Uppercase"', p.stringCall('"Slice"', word, p.int64(0), p.scalar("UInt64", "1")));
  const rest = p.stringCall('"Lowercase"', p.stringCall('"Slice"', word, p.int64(1), p.nullOf("UInt64")));
  return p.joined(first, rest);
}
