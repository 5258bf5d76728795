import { Buffer } from "node:buffer";
import type { DataType } from "../types.js";
import { parseScalar, type Scalar } from "./scalar.js";
import { endOfMillisecond, type FileStats, parseStats } from "./stats.js";

/**
 * Reads single values out of the bytes of `stats` texts, without parsing the rest: for pruning many files. What it does
 * not find is unknown, which excludes no file. It looks only into texts without white space between tokens, of tables
 * without structs; others are parsed.
 */
export class StatsScanner {
  readonly #isFlat: boolean;
  readonly #headers = {
    minValues: newNeedle('"minValues":{'),
    maxValues: newNeedle('"maxValues":{'),
    nullCount: newNeedle('"nullCount":{'),
  };
  readonly #numRecords = newNeedle('"numRecords":');
  readonly #wideBounds = newNeedle('"tightBounds":false');
  readonly #keys: Readonly<Record<Section, Map<string, Needle>>> = {
    minValues: new Map(),
    maxValues: new Map(),
    nullCount: new Map(),
  };
  readonly #stats: FileStats;
  /** Where each part of the text begins. */
  readonly #parts = { minValues: -1, maxValues: -1, nullCount: -1 };
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  /** @param isFlat whether no column of the table is a struct, so that a name stands once in each part of the text */
  constructor(isFlat: boolean) {
    this.#isFlat = isFlat;
    this.#stats = this.#scanned();
  }

  /** The statistics in the text between two places; they hold until the next call. */
  read(bytes: Uint8Array, start: number, end: number): FileStats | undefined {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    for (const section of SECTIONS) this.#parts[section] = this.#behind(this.#headers[section], start);
    if (this.#isFlat && this.#parts.minValues >= 0) return this.#stats;
    return parseStats(Buffer.from(bytes.subarray(start, end)).toString("utf8"));
  }

  #scanned(): FileStats {
    const count = (): bigint | undefined => this.#count(this.#behind(this.#numRecords, this.#start));
    const isTight = (): boolean => this.#behind(this.#wideBounds, this.#start) < 0;
    return {
      get numRecords() {
        return count();
      },
      get tightBounds() {
        return isTight();
      },
      min: ([name = ""], type) => this.#bound("minValues", name, type),
      max: ([name = ""], type) => endOfMillisecond(this.#bound("maxValues", name, type), type),
      nullCount: ([name = ""]) => this.#count(this.#valueAt("nullCount", name)),
    };
  }

  #bound(section: Section, name: string, type: DataType): Scalar | undefined {
    const start = this.#valueAt(section, name);
    if (start < 0) return undefined;
    const integer = INTEGERS.has(type) ? this.#integer(start) : undefined;
    if (integer !== undefined) return integer;
    const token = this.#token(start);
    if (this.#bytes[start] !== QUOTE) return parseScalar(type, token);
    const value: unknown = JSON.parse(token);
    return typeof value === "string" ? parseScalar(type, value) : undefined;
  }

  #count(start: number): bigint | undefined {
    const integer = start < 0 ? undefined : this.#integer(start);
    return integer === undefined || integer < 0 ? undefined : BigInt(integer);
  }

  /** Where a column's value begins in a part of the text; -1 when it has none. */
  #valueAt(section: Section, name: string): number {
    const start = this.#parts[section];
    if (start < 0 || OWN_NAMES.has(name)) return -1;
    let key = this.#keys[section].get(name);
    if (key === undefined) {
      key = newNeedle(`${JSON.stringify(name)}:`);
      this.#keys[section].set(name, key);
    }
    const value = this.#behind(key, start);
    // Behind the beginning of another part, it is that part's. Texts within quotes never look like a name with its quotes.
    for (const other of SECTIONS) if (this.#parts[other] > start && this.#parts[other] < value) return -1;
    return value;
  }

  /** Where the bytes behind a text begin; it is looked for first where it was in the text before. -1: it is not there. */
  #behind(needle: Needle, from: number): number {
    const { bytes, last } = needle;
    let found = this.#start + last;
    if (last < 0 || found < from || !startsAt(this.#bytes, bytes, found, this.#end)) {
      const rest = this.#bytes.subarray(from, this.#end);
      const at = Buffer.prototype.indexOf.call(rest, bytes);
      needle.last = at < 0 ? -1 : from + at - this.#start;
      if (at < 0) return -1;
      found = from + at;
    }
    return found + bytes.length;
  }

  /** The integer of at most 15 digits, which a number holds exactly, that begins here; undefined for anything else. */
  #integer(start: number): number | undefined {
    const isNegative = this.#bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let value = 0;
    for (let at = first; at < this.#end; at++) {
      const byte = this.#bytes[at] ?? 0;
      if ((byte === COMMA || byte === BRACE) && at > first) return isNegative ? 0 - value : value;
      if (byte < ZERO || byte > NINE || at - first >= 15) return undefined;
      value = value * 10 + byte - ZERO;
    }
    return undefined;
  }

  /** The text of the number, text or word that begins here. */
  #token(start: number): string {
    const bytes = this.#bytes;
    let end = start;
    if (bytes[start] === QUOTE) {
      for (end++; end < this.#end && bytes[end] !== QUOTE; end++) if (bytes[end] === BACKSLASH) end++;
      return Buffer.from(bytes.subarray(start, end + 1)).toString("utf8");
    }
    let text = "";
    for (let byte = bytes[end]; byte !== undefined && byte !== COMMA && byte !== BRACE; byte = bytes[++end])
      text += String.fromCharCode(byte);
    return text;
  }
}

/** Bytes that are looked for, and where they were last, from the text's start; -1: nowhere. */
interface Needle {
  readonly bytes: Uint8Array;
  last: number;
}

function newNeedle(text: string): Needle {
  return { bytes: Buffer.from(text), last: 0 };
}

const INTEGERS = new Set<DataType>(["byte", "short", "integer", "long"]);

const EMPTY = new Uint8Array();
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

const SECTIONS = ["minValues", "maxValues", "nullCount"] as const;
type Section = (typeof SECTIONS)[number];

/** Columns of these names could be taken for parts of the text. */
const OWN_NAMES = new Set<string>(["numRecords", "tightBounds", ...SECTIONS]);

function startsAt(bytes: Uint8Array, needle: Uint8Array, at: number, end: number): boolean {
  if (at + needle.length > end) return false;
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}
