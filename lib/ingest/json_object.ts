/** The members of a JSON object: name to value, each value as the JSON text that it has in the source. */
export type JsonMembers = ReadonlyMap<string, string>;

/**
 * Takes a JSON object apart without touching its values, so that no digit of a number is lost. Undefined for text that
 * is no JSON object, that names a member twice, or that has half of a surrogate pair, which no UTF-8 can hold.
 */
export function parseMembers(text: string): JsonMembers | undefined {
  if (!isObject(text)) return undefined;
  const members = new Map<string, string>();
  let at = skipSpace(text, text.indexOf("{") + 1);
  while (text[at] !== "}") {
    const nameEnd = endOfString(text, at);
    const name = stringOf(text.slice(at, nameEnd));
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    if (members.has(name)) return undefined;
    members.set(name, text.slice(start, end));
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return members;
}

/** A value as bronze keeps it: a string's content, null, and the source text of everything else. */
export function valueText(json: string): string | null {
  if (json === "null") return null;
  return json.startsWith('"') ? stringOf(json) : json;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  } catch {
    return false;
  }
  return !/\\u[dD][89a-fA-F]/.test(text) || !hasLoneSurrogate(text);
}

function hasLoneSurrogate(text: string): boolean {
  const unescaped = text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|.)/g, (_, code: string | undefined) =>
    code === undefined ? "" : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return /\p{Surrogate}/u.test(unescaped);
}

function stringOf(json: string): string {
  return json.includes("\\") ? (JSON.parse(json) as string) : json.slice(1, -1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** The end of a string that begins with its quote at `from`: behind the next quote that no odd run of backslashes escapes. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); ; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === "\\") first--;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (depth === 0 && (char === "," || char === "}" || isSpace(text.charCodeAt(at)))) return at;
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    at++;
    if (depth === 0 && (char === "}" || char === "]")) return at;
  }
  return text.length;
}
