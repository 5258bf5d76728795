import { DataError } from "../errors.js";
import { CsvRecords, type CsvScan, type CsvVisitor } from "./csv_records.js";

/** Bytes that one record may have; a longer one is nearly always an open quote, and would have to be held in memory. */
export const RECORD_LIMIT = 16 * 1024 * 1024;

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
  readonly #records: CsvRecords;
  #mode: Mode = "open";
  #begun = false;
  /** Where the present record begins in the chunk; 0 when it began in an earlier one. */
  #start = 0;
  /** What earlier chunks hold of the present record. */
  #carry: Uint8Array[] = [];
  #carried = 0;
  /** Whether a field begins with the first byte of the next chunk. */
  #atFieldStart = true;
  /** Of the present record, as in `RecordBytes`. */
  #separators = 0;
  #breaks = 0;
  #malformed = false;
  #odd = false;
  /** The line of the last opening quote. */
  #openedAt = 1;
  #carriageReturn: "none" | "in field" | "after quote" = "none";

  constructor(visitor: CsvVisitor) {
    this.#records = new CsvRecords(visitor);
  }

  /** The line of the byte that comes next, from 1. */
  get line(): number {
    return this.#records.line + this.#breaks;
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
    if (this.#carried > 0) this.#records.endLast(this.#takeRecord());
    return this.#records.finish();
  }

  /** Outside quotes, up to the next opening quote or the end of the chunk: the loop that decides the speed. */
  #scanOpen(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    const records = this.#records;
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
        if (separators === usual) records.countUsual();
        else {
          this.#separators = separators;
          records.end(this.#takeRecord(chunk.subarray(this.#start, at - 1)));
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
        this.#odd = true;
        usual = -1;
      } else {
        this.#carriageReturn = "in field";
        if (at < end) this.#settleCarriageReturn(chunk[at] as number);
        if (this.#odd) usual = -1;
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

  /** The separators of a record that only has to be counted; -1 when the present one needs a closer look. */
  #usualSeparators(): number {
    const isUnusual = this.#carried > 0 || this.#breaks > 0 || this.#malformed || this.#odd;
    return isUnusual ? -1 : this.#records.usualSeparators;
  }

  /** The present record, which ends with these bytes; the next one begins. */
  #takeRecord(rest: Uint8Array = new Uint8Array(0)) {
    if (this.#carried + rest.length > RECORD_LIMIT) throw this.#tooLong();
    const record = {
      parts: [...this.#carry, rest],
      separators: this.#separators,
      breaks: this.#breaks,
      malformed: this.#malformed,
      odd: this.#odd,
    };
    this.#carry = [];
    this.#carried = 0;
    this.#separators = 0;
    this.#breaks = 0;
    this.#malformed = false;
    this.#odd = false;
    return record;
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
      where: { line: this.#records.line },
      expected: `at most ${mebibytes} MiB from one line end to the next`,
      actual: quoted ? `a quote opened in line ${this.#openedAt} that is not closed` : "no line end",
      remedy: quoted ? "close the quote" : "end each record with a line feed",
    });
  }

  /** A carriage return belongs to the line end if a line feed follows, else to the field. */
  #settleCarriageReturn(next: number): void {
    if (this.#carriageReturn === "none") return;
    if (next !== LF) {
      this.#odd = true;
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
