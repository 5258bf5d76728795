import { createHash } from "node:crypto";
import type { StructValue, Value } from "../../lib/relation/runner.js";
import type { DataType, StructField } from "../../lib/types.js";

/**
 * Rows as canonical lines, for comparing what two engines read: one JSON text per row, columns in the schema's order;
 * longs, decimals, dates and times as JSON strings, binary in base64, maps as lists of pairs in the order of their keys.
 */
export class CanonicalRows {
  readonly #columns: readonly { readonly name: string; readonly prefix: string; readonly write: Writer }[];
  readonly #lines: Buffer[] = [];

  constructor(fields: readonly StructField[]) {
    this.#columns = fields.map(({ name, type }) => ({
      name,
      prefix: `${JSON.stringify(name)}:`,
      write: writerOf(type),
    }));
  }

  add(rows: readonly Readonly<Record<string, Value>>[]): void {
    for (const row of rows) {
      const members = this.#columns.map(({ name, prefix, write }) => prefix + write(row[name] ?? null));
      this.#lines.push(Buffer.from(`{${members.join(",")}}`));
    }
  }

  get rows(): number {
    return this.#lines.length;
  }

  /** SHA-256, in lower-case hex, of the lines in the order of their bytes, joined by line feeds. */
  digest(): string {
    const hash = createHash("sha256");
    for (const [index, line] of this.lines().entries()) hash.update(index === 0 ? "" : "\n").update(line);
    return hash.digest("hex");
  }

  /** The lines in the order of their bytes. */
  lines(): readonly Buffer[] {
    return this.#lines.sort(Buffer.compare);
  }
}

type Writer = (value: Value) => string;

function writerOf(type: DataType): Writer {
  const write = nonNullWriter(type);
  return (value) => (value === null ? "null" : write(value));
}

function nonNullWriter(type: DataType): Writer {
  if (typeof type === "string") return SCALARS[type] ?? ((value) => JSON.stringify(plainDecimal(String(value))));
  switch (type.type) {
    case "array": {
      const write = writerOf(type.elementType);
      return (value) => `[${(value as readonly Value[]).map(write).join(",")}]`;
    }
    case "struct": {
      const fields = type.fields.map(({ name, type: inner }) => ({ name, write: writerOf(inner) }));
      return (value) => {
        const struct = value as Readonly<Record<string, Value>>;
        return `{${fields.map(({ name, write }) => `${JSON.stringify(name)}:${write(struct[name] ?? null)}`).join(",")}}`;
      };
    }
    case "map": {
      const [key, item] = [writerOf(type.keyType), writerOf(type.valueType)];
      return (value) => {
        const entries = (value as readonly (readonly [Value, Value])[]).map(([k, v]) => ({ k: key(k), v: item(v) }));
        entries.sort((a, b) => Buffer.compare(Buffer.from(a.k), Buffer.from(b.k)));
        return `[${entries.map(({ k, v }) => `[${k},${v}]`).join(",")}]`;
      };
    }
  }
}

const SCALARS: Readonly<Partial<Record<string, Writer>>> = {
  boolean: String,
  byte: String,
  short: String,
  integer: String,
  float: (value) => double(Number(value)),
  double: (value) => double(Number(value)),
  string: (value) => JSON.stringify(value),
  long: (value) => JSON.stringify(String(value)),
  binary: (value) => JSON.stringify(Buffer.from(value as Uint8Array).toString("base64")),
  date: (value) => JSON.stringify(date(String(value))),
  timestamp: (value) => JSON.stringify(`${timestamp(String(value))}Z`),
  timestamp_ntz: (value) => JSON.stringify(timestamp(String(value))),
  variant: (value) => `{"variant":${variant((value as StructValue)["variant"] ?? null)}}`,
  void: () => "null",
};

/** Integers and texts as JSON strings, objects with their keys in the order of their bytes. */
function variant(value: Value): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return double(value);
  if (typeof value === "bigint" || typeof value === "string") return JSON.stringify(String(value));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("base64"));
  if (isList(value)) return `[${value.map(variant).join(",")}]`;
  const members = Object.entries(value).map(([name, inner]) => ({ name: Buffer.from(name), inner }));
  members.sort((a, b) => Buffer.compare(a.name, b.name));
  return `{${members.map(({ name, inner }) => `${JSON.stringify(String(name))}:${variant(inner)}`).join(",")}}`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function double(value: number): string {
  if (Object.is(value, -0)) return '"-0"';
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}

/** No sign on zero. */
function plainDecimal(text: string): string {
  return text.startsWith("-") && !/[1-9]/.test(text) ? text.slice(1) : text;
}

/** `YYYY-MM-DD`; years outside of 0000 to 9999 have a sign and six digits. */
function date(text: string): string {
  const [, sign = "", year = "", rest = ""] = /^([+-]?)(\d+)(-.*)$/.exec(text) ?? [];
  if (sign === "" && year.length === 4) return text;
  return `${sign === "-" ? "-" : "+"}${year.padStart(6, "0")}${rest}`;
}

/** Of `YYYY-MM-DD HH:MM:SS[.fraction][Z]`: `YYYY-MM-DDTHH:MM:SS.ffffff`. */
function timestamp(text: string): string {
  const [, day = "", clock = "", fraction = ""] = /^(\S+)[ T](\d{2}:\d{2}:\d{2})(?:\.(\d+))?Z?$/.exec(text) ?? [];
  return `${date(day)}T${clock}.${fraction.padEnd(6, "0")}`;
}
