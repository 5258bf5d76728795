import { DataError } from "../errors.js";

/** A piece of an SQL expression. Names that were quoted are never keywords. */
export interface Token {
  readonly kind: "number" | "text" | "name" | "quoted" | "symbol" | "end";
  readonly value: string;
  /** Characters before it. */
  readonly at: number;
}

const PARTS = [
  ["number", /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LDFSY])?(?![A-Za-z0-9_])/y],
  ["text", /'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"/y],
  ["name", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["quoted", /`(?:[^`]|``)+`/y],
  ["symbol", /<=>|<>|!=|<=|>=|==|\|\||[=<>+\-*/%(),.]/y],
] as const;

/** Splits an SQL expression. Throws DataError for a character that no expression holds. */
export function tokens(sql: string): readonly Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const space = /\s+/y;
    space.lastIndex = at;
    if (space.test(sql)) {
      at = space.lastIndex;
      continue;
    }
    const token = tokenAt(sql, at);
    found.push({ kind: token.kind, value: unquoted(token), at });
    at += token.value.length;
  }
  return [...found, { kind: "end", value: "", at: sql.length }];
}

function tokenAt(sql: string, at: number): Token {
  for (const [kind, pattern] of PARTS) {
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match) return { kind, value: match[0], at };
  }
  throw new DataError("An SQL expression cannot be understood", {
    expected: "names, constants and operators",
    actual: `${JSON.stringify(sql.slice(at, at + 20))} at character ${at + 1} of ${sql}`,
  });
}

function unquoted({ kind, value }: Token): string {
  if (kind === "quoted") return value.slice(1, -1).replaceAll("``", "`");
  if (kind !== "text") return value;
  const quote = value.charAt(0);
  return value
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\(.)/gs, (_, char: string) => ({ n: "\n", t: "\t", r: "\r", "0": "\0" })[char] ?? char);
}
