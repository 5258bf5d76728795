/** JSON as the log uses it: 64-bit integers that a JavaScript number cannot hold keep every digit. */

export type JsonObject = Readonly<Record<string, unknown>>;

const LONG_DIGITS = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Stands before an integer's digits in a text for a moment; what holds it already is parsed plainly. */
const MARK = "\u0000int:";
const ESCAPED_MARK = "\\u0000int:";

/** Like JSON.parse, but integers beyond ±(2^53 - 1) become `bigint`. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!LONG_DIGITS.test(text) || text.includes(ESCAPED_MARK)) return JSON.parse(text);
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || !/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))
      ? token
      : `"${ESCAPED_MARK}${token}"`,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** Like JSON.parse, but every number becomes its source text, so that decimals and 64-bit integers stay exact. */
export function parseJsonNumbersAsText(text: string): unknown {
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

/** Like JSON.stringify without indentation; `bigint` becomes an integer with all its digits. */
export function stringifyJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(stringifyJson).join(",")}]`;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${stringifyJson(item)}`).join(",")}}`;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
