import { DataError } from "../../errors.js";
import { type DataType, decimalOf, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import type { StoredValue } from "./footer.js";
import type { LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/**
 * Names of the folders that rows are streamed into by their partition values: `name=V…` with the value's text, or
 * `name=L…` with a number in its stead where the text is too long for a file system. Null has Polars' own name, the last.
 */

/** Bytes of a text in a folder's name; percent-encoded they may be three times as many. */
const LONGEST = 60;
const VALUE = "V";
const LONG = "L";
const NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__";

/** What stands in the name of a folder, as a column of text. */
export function folderKey({ name, type }: StructField): PolarsExpr {
  const text = folderText(p.column(name), type);
  const short = p.joined(p.text(VALUE), text);
  return canBeLong(type) ? p.choose(isLong(text), longKey(text), short) : short;
}

/** The texts that are too long for the name of a folder, by what stands there. */
export type LongTexts = ReadonlyMap<string, string>;

/**
 * The long texts of the folders with these names; the query is asked only where there are such.
 * @throws DataError where two texts would share a folder
 */
export async function longTexts(
  folders: readonly string[],
  partitions: readonly StructField[],
  queries: readonly (() => Promise<LazyFrame>)[],
): Promise<LongTexts> {
  const found = new Map<string, string>();
  if (!folders.some((folder) => keyOf(folder).startsWith(LONG))) return found;
  for (const { name, type } of partitions.filter((f) => canBeLong(f.type))) {
    const text = folderText(p.column(name), type);
    for (const query of queries) {
      const rows = await (await query())
        .select([p.alias(text, "text"), p.alias(longKey(text), "key")])
        .filter(isLong(p.column("text")))
        .unique(["text"], "any")
        .collect();
      for (let i = 0; i < rows.rows; i++) add(found, rows.column("key").getIdx(i), rows.column("text").getIdx(i));
    }
  }
  return found;
}

function add(found: Map<string, string>, key: unknown, text: unknown): void {
  const known = found.get(String(key));
  if (known !== undefined && known !== text) {
    throw new DataError("two long partition values cannot be told apart, nothing is written", {
      expected: "values of a few words",
      actual: `${known} and ${String(text)}`,
      remedy: "Partition by a shorter column.",
    });
  }
  found.set(String(key), String(text));
}

/** The value that the name of a folder stands for. */
export function folderValue(folder: string, type: DataType, long: LongTexts): StoredValue | null {
  const key = keyOf(folder);
  if (key === NULL_FOLDER) return null;
  const text = key.startsWith(LONG) ? long.get(key) : key.slice(VALUE.length);
  if (text === undefined) {
    throw new DataError("a partition value differs each time it is computed, nothing is written", {
      actual: folder,
      remedy: "Partition by a column that does not.",
    });
  }
  if (decimalOf(type)) return text;
  switch (type) {
    case "boolean":
      return text === "true";
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double":
      return Number(text.replace("inf", "Infinity"));
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return BigInt(text);
    case "binary":
      return Buffer.from(text, "hex").toString("latin1");
    default:
      return text;
  }
}

function keyOf(folder: string): string {
  return decodeURIComponent(folder.slice(folder.indexOf("=") + 1));
}

/** A partition value as text from which it can be read back. */
function folderText(value: PolarsExpr, type: DataType): PolarsExpr {
  if (type === "timestamp" || type === "timestamp_ntz") return p.cast(p.cast(value, "long"), "string");
  if (type === "binary") return p.call('{"BinaryExpr":"HexEncode"}', value);
  return compileCast(value, type, "string", "Strict");
}

function canBeLong(type: DataType): boolean {
  return type === "string" || type === "binary";
}

function isLong(text: PolarsExpr): PolarsExpr {
  return p.binary("Gt", p.stringCall('"LenBytes"', text), p.scalar("UInt32", String(LONGEST)));
}

function longKey(text: PolarsExpr): PolarsExpr {
  return p.joined(p.text(LONG), p.cast(p.call('{"Hash":[0,0,0,0]}', text), "string"));
}
