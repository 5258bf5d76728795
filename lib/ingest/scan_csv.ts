import { DataError } from "../errors.js";
import { splitRecord } from "./csv_record.js";

/** Bytes that one record may have; a longer one is nearly always an open quote, and would have to be held in memory. */
export const RECORD_LIMIT = 16 * 1024 * 1024;

/** Bytes of corrupt records that a scan keeps before it leaves them to a second pass. */
const KEPT_LIMIT = 8 * 1024 * 1024;

/** A record that has too few or too many fields, or text beside the quotes of a field. */
export interface CorruptRecord {
  /** The line at which it begins, from 1. */
  readonly line: number;
  /** As it came, without its line end. */
  readonly text: string;
}

/** What a CSV file holds, found without looking into its fields. */
export interface CsvScan {
  readonly header: readonly string[];
  /** Records below the header, blank lines among them. */
  readonly records: number;
  /** Numbers, from 0, of the records that are blank or corrupt. */
  readonly skip: readonly number[];
  /** Blank lines; they hold no row. */
  readonly blank: number;
  readonly corrupt: readonly CorruptRecord[];
  /** The line of each record; undefined when record `i` stands in line `i + 2`. */
  readonly lines: Int32Array | undefined;
  /**
   * False when another reader may take the file apart differently: a quote inside an unquoted field, a carriage return
   * without line feed, text after a closing quote, or more corrupt records than are kept here.
   */
  readonly plain: boolean;
}

/** One record with the line at which it begins; blank lines are not handed out. */
export interface ScannedRecord extends CorruptRecord {
  readonly corrupt: boolean;
}

export interface CsvVisitor {
  /** Called with the fields of the first record that is not blank, and its line; it throws to refuse the file. */
  readonly header: (fields: readonly string[], line: number) => void;
  /** Called for every other record. Without it the scan touches no text but that of corrupt records. */
  readonly record?: (record: ScannedRecord) => void;
}

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;

/** Added up over several bytes: separators in the low bits, anything that needs a closer look above them. */
const SPECIAL = 1 << 16;
const WEIGHT = new Int32Array(256);
WEIGHT[COMMA] = 1;
for (const byte of [LF, CR, QUOTE]) WEIGHT[byte] = SPECIAL;

type Mode = "open" | "quoted" | "after quote";

/**
 * Finds the records of a CSV file (RFC 4180: comma, double quote, `""` inside quotes, LF or CRLF) in one pass over its
 * bytes, which must be UTF-8. A quote opens a field only at its beginning; elsewhere it is an ordinary character. A line
 * without any byte is blank and no record. The last record may lack its line end if it has all its fields.
 *
 * Every method throws a DataError, with the line, for what makes the whole file unusable.
 */
export class CsvScanner {
  readonly #visitor: CsvVisitor;
  #header: readonly string[] | undefined;
  #records = 0;
  readonly #skip: number[] = [];
  #blank = 0;
  readonly #corrupt: CorruptRecord[] = [];
  #kept = 0;
  #lines: Int32Array | undefined;
  #plain = true;

  /** The line of record 0, counted on by every line break inside quotes. */
  #firstLine = 2;
  #carry: Uint8Array[] = [];
  #carried = 0;
  #mode: Mode = "open";
  #begun = false;
  /** Where the present record begins in the chunk; 0 when it began in an earlier one. */
  #start = 0;
  /** Whether a field begins with the first byte of the next chunk. */
  #atFieldStart = true;
  #separators = 0;
  #breaks = 0;
  #openedAt = 1;
  #malformed = false;
  #carriageReturn: "none" | "in field" | "after quote" = "none";

  constructor(visitor: CsvVisitor) {
    this.#visitor = visitor;
  }

  /** The line of the byte that comes next, from 1. */
  get line(): number {
    return this.#recordLine + this.#breaks;
  }

  /** The first chunk must hold a whole byte order mark, if there is one. */
  push(bytes: Uint8Array): void {
    const chunk = this.#begun ? bytes : withoutMark(bytes);
    this.#begun = true;
    const end = chunk.length;
    if (end === 0) return;
    this.#settleCarriageReturn(chunk[0] as number);
    this.#start = 0;
    for (let at = 0; at < end; ) {
      if (this.#mode === "open") at = this.#scanOpen(chunk, at);
      else if (this.#mode === "quoted") at = this.#scanQuoted(chunk, at);
      else at = this.#scanAfterQuote(chunk, at);
    }
    const last = chunk[end - 1];
    this.#atFieldStart = this.#mode === "open" && (last === COMMA || last === LF);
    if (this.#start < end) this.#carryOver(chunk.slice(this.#start));
  }

  /** Call once after the last byte. */
  finish(): CsvScan {
    this.#settleCarriageReturn(0);
    if (this.#mode === "quoted") {
      throw new DataError("a quoted field is still open at the end of the file", {
        where: { line: this.#openedAt },
        expected: `a closing " for the one in line ${this.#openedAt}`,
        actual: "the end of the file",
        remedy: 'close the quote, or write a quote inside a quoted field as ""',
      });
    }
    if (this.#carried > 0) this.#endLastRecord();
    const header = this.#header;
    if (header === undefined) {
      throw new DataError("the file is empty: it has no header", {
        where: { line: 1 },
        expected: "a line with the names of the columns",
        remedy: "have the file exported again",
      });
    }
    return {
      header,
      records: this.#records,
      skip: this.#skip,
      blank: this.#blank,
      corrupt: this.#corrupt,
      lines: this.#lines?.subarray(0, this.#records),
      plain: this.#plain,
    };
  }

  /** Outside quotes, up to the next opening quote or the end of the chunk: the loop that decides the speed. */
  #scanOpen(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    let at = from;
    let separators = this.#separators;
    let usual = this.#usualSeparators();
    while (at < end) {
      for (const last = end - 8; at <= last; at += 8) {
        const weights = weigh(chunk, at) + weigh(chunk, at + 4);
        if (weights >= SPECIAL) break;
        separators += weights;
      }
      let byte = 0;
      let weight = 0;
      while (at < end && weight < SPECIAL) {
        byte = chunk[at++] as number;
        weight = WEIGHT[byte] as number;
        separators += weight;
      }
      if (weight < SPECIAL) break;
      separators -= SPECIAL;
      if (byte === LF) {
        if (separators === usual) this.#records++;
        else {
          this.#separators = separators;
          this.#endRecord(chunk.subarray(this.#start, at - 1));
          usual = this.#usualSeparators();
        }
        separators = 0;
        this.#start = at;
      } else if (byte === QUOTE) {
        if (this.#opensField(chunk, at - 1)) {
          this.#mode = "quoted";
          this.#openedAt = this.line;
          break;
        }
        this.#plain = false;
      } else {
        this.#carriageReturn = "in field";
        if (at < end) this.#settleCarriageReturn(chunk[at] as number);
      }
    }
    this.#separators = separators;
    return at;
  }

  #opensField(chunk: Uint8Array, quote: number): boolean {
    return quote === 0 ? this.#atFieldStart : chunk[quote - 1] === COMMA || chunk[quote - 1] === LF;
  }

  #scanQuoted(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    let at = from;
    for (; at < end; at++) {
      const byte = chunk[at] as number;
      if (byte > QUOTE) continue;
      if (byte === QUOTE) {
        this.#mode = "after quote";
        return at + 1;
      }
      if (byte === LF) this.#breaks++;
    }
    return at;
  }

  #scanAfterQuote(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] as number;
    this.#mode = byte === QUOTE ? "quoted" : "open";
    if (byte === QUOTE) return at + 1;
    if (byte === COMMA || byte === LF) return at;
    if (byte !== CR) this.#malformed = true;
    else {
      this.#carriageReturn = "after quote";
      if (at + 1 < chunk.length) this.#settleCarriageReturn(chunk[at + 1] as number);
    }
    return at + 1;
  }

  get #recordLine(): number {
    return this.#header === undefined ? this.#firstLine - 1 : this.#firstLine + this.#records;
  }

  /** The separators of a record that only has to be counted; -1 when the next one needs a closer look. */
  #usualSeparators(): number {
    const count = this.#header === undefined ? 0 : this.#header.length - 1;
    const plainly = this.#visitor.record === undefined && this.#lines === undefined && this.#carried === 0;
    return count > 0 && plainly && this.#breaks === 0 && !this.#malformed ? count : -1;
  }

  #endLastRecord(): void {
    const expected = this.#header?.length;
    if (expected !== undefined && this.#separators + 1 < expected && !isBlank(this.#carry, this.#carried)) {
      throw new DataError("the last line is cut off: it has neither a line end nor all its fields", {
        where: { line: this.#recordLine },
        expected: `${expected} fields`,
        actual: `${this.#separators + 1}`,
        remedy: "have the file sent again, complete",
      });
    }
    this.#endRecord(new Uint8Array(0));
  }

  #endRecord(rest: Uint8Array): void {
    const size = this.#carried + rest.length;
    if (size > RECORD_LIMIT) throw this.#tooLong();
    const parts = [...this.#carry, rest];
    if (this.#header === undefined) this.#endHeader(parts, size);
    else if (isBlank(parts, size)) {
      this.#blank++;
      this.#countRecord(true);
    } else {
      const corrupt = this.#malformed || this.#separators + 1 !== this.#header.length;
      if (corrupt || this.#visitor.record) this.#handOut(parts, corrupt);
      this.#countRecord(corrupt);
    }
    this.#separators = 0;
    this.#breaks = 0;
    this.#malformed = false;
    this.#carry = [];
    this.#carried = 0;
  }

  #endHeader(parts: readonly Uint8Array[], size: number): void {
    this.#firstLine += this.#breaks;
    if (isBlank(parts, size)) {
      this.#firstLine++;
      return;
    }
    const text = textOf(parts);
    if (this.#malformed) {
      throw new DataError("the header has text after a closing quote", {
        where: { line: this.#firstLine - 1 - this.#breaks },
        actual: text.slice(0, 200),
        remedy: 'write a quote inside a quoted name as ""',
      });
    }
    const header = splitRecord(text).map((name) => name ?? "");
    this.#visitor.header(header, this.#firstLine - 1 - this.#breaks);
    this.#header = header;
    if (header.some((name) => name.includes('"'))) this.#plain = false;
    if (this.#firstLine !== 2) this.#lines = new Int32Array(1024);
  }

  #handOut(parts: readonly Uint8Array[], corrupt: boolean): void {
    const record = { line: this.#recordLine, text: textOf(parts), corrupt };
    this.#visitor.record?.(record);
    if (!corrupt || this.#visitor.record) return;
    if (this.#malformed) this.#plain = false;
    this.#kept += record.text.length;
    if (this.#kept > KEPT_LIMIT) this.#plain = false;
    else this.#corrupt.push({ line: record.line, text: record.text });
  }

  #countRecord(skipped: boolean): void {
    const number = this.#records;
    if (skipped) this.#skip.push(number);
    if (this.#breaks > 0 && this.#lines === undefined) {
      this.#lines = new Int32Array(Math.max(1024, 2 * number));
      for (let i = 0; i < number; i++) this.#lines[i] = this.#firstLine + i;
    }
    if (this.#lines !== undefined) {
      if (number === this.#lines.length) this.#lines = grown(this.#lines);
      this.#lines[number] = this.#recordLine;
    }
    this.#firstLine += this.#breaks;
    this.#records++;
  }

  #carryOver(rest: Uint8Array): void {
    this.#carry.push(rest);
    this.#carried += rest.length;
    if (this.#carried > RECORD_LIMIT) throw this.#tooLong();
  }

  #tooLong(): DataError {
    const mebibytes = RECORD_LIMIT / 1024 / 1024;
    const quoted = this.#mode === "quoted";
    return new DataError(`a record is longer than ${mebibytes} MiB`, {
      where: { line: this.#recordLine },
      expected: `at most ${mebibytes} MiB from one line end to the next`,
      actual: quoted ? `a quote opened in line ${this.#openedAt} that is not closed` : "no line end",
      remedy: quoted ? "close the quote" : "end each record with a line feed",
    });
  }

  /** A carriage return belongs to the line end if a line feed follows, else to the field. */
  #settleCarriageReturn(next: number): void {
    if (this.#carriageReturn === "none") return;
    if (next !== LF) {
      this.#plain = false;
      if (this.#carriageReturn === "after quote") this.#malformed = true;
    }
    this.#carriageReturn = "none";
  }
}

function weigh(chunk: Uint8Array, at: number): number {
  return (
    (WEIGHT[chunk[at] as number] as number) +
    (WEIGHT[chunk[at + 1] as number] as number) +
    (WEIGHT[chunk[at + 2] as number] as number) +
    (WEIGHT[chunk[at + 3] as number] as number)
  );
}

function withoutMark(chunk: Uint8Array): Uint8Array {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

function isBlank(parts: readonly Uint8Array[], size: number): boolean {
  if (size > 1) return false;
  return size === 0 || parts.some((part) => part[0] === CR);
}

function textOf(parts: readonly Uint8Array[]): string {
  const text = Buffer.concat(parts).toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function grown(lines: Int32Array): Int32Array {
  const larger = new Int32Array(lines.length * 2);
  larger.set(lines);
  return larger;
}
