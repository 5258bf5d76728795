import { DataError } from "../errors.js";
import { splitRecord } from "./csv_record.js";

/** Bytes of corrupt records that a scan keeps before it leaves them to a second pass. */
const KEPT_LIMIT = 8 * 1024 * 1024;

/** A record that has too few or too many fields, or text beside the quotes of a field. */
export interface CorruptRecord {
  /** The line at which it begins, from 1. */
  readonly line: number;
  /** As it came, without its line end. */
  readonly text: string;
}

/** One record; blank lines are not handed out. */
export interface ScannedRecord extends CorruptRecord {
  readonly corrupt: boolean;
  /** As in `CsvScan`, for this record. */
  readonly plain: boolean;
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

export interface CsvVisitor {
  /** Called with the fields of the first record that is not blank, and its line; it throws to refuse the file. */
  readonly header: (fields: readonly string[], line: number) => void;
  /** Called for every other record. Without it the scan touches no text but that of corrupt records. */
  readonly record?: (record: ScannedRecord) => void;
}

/** A record as its bytes were found. */
export interface RecordBytes {
  /** In order, without the line feed. */
  readonly parts: readonly Uint8Array[];
  /** Separators outside quotes. */
  readonly separators: number;
  /** Line breaks inside quotes. */
  readonly breaks: number;
  /** Text stands beside the quotes of a field. */
  readonly malformed: boolean;
  /** Another reader may take it apart differently. */
  readonly odd: boolean;
}

/** Keeps account of the records of a CSV file, in order: the header first, blank lines skipped. */
export class CsvRecords {
  readonly #visitor: CsvVisitor;
  #header: readonly string[] | undefined;
  #count = 0;
  #blank = 0;
  readonly #skip: number[] = [];
  readonly #corrupt: CorruptRecord[] = [];
  #kept = 0;
  #plain = true;
  /** The line of record 0, counted on by every line break inside quotes. */
  #firstLine = 2;
  #lines: Int32Array | undefined;

  constructor(visitor: CsvVisitor) {
    this.#visitor = visitor;
  }

  /** The line at which the next record begins. */
  get line(): number {
    return this.#header === undefined ? this.#firstLine - 1 : this.#firstLine + this.#count;
  }

  /** The separators of a record that only has to be counted; -1 when every record needs a closer look. */
  get usualSeparators(): number {
    const separators = this.#header === undefined ? 0 : this.#header.length - 1;
    return separators > 0 && this.#visitor.record === undefined && this.#lines === undefined ? separators : -1;
  }

  countUsual(): void {
    this.#count++;
  }

  /** @throws DataError for a header that cannot be used */
  end(record: RecordBytes): void {
    if (this.#header === undefined) this.#endHeader(record);
    else if (isBlank(record)) {
      this.#blank++;
      this.#countOne(record, true);
    } else {
      const corrupt = record.malformed || record.separators + 1 !== this.#header.length;
      if (corrupt || this.#visitor.record) this.#handOut(record, corrupt);
      this.#countOne(record, corrupt);
    }
    if (record.odd) this.#plain = false;
  }

  /**
   * A record that no line feed ends: only the last can be one.
   * @throws DataError when it lacks fields
   */
  endLast(record: RecordBytes): void {
    const expected = this.#header?.length;
    if (expected !== undefined && record.separators + 1 < expected && !isBlank(record)) {
      throw new DataError("the last line is cut off: it has neither a line end nor all its fields", {
        where: { line: this.line },
        expected: `${expected} fields`,
        actual: `${record.separators + 1}`,
        remedy: "have the file sent again, complete",
      });
    }
    this.end(record);
  }

  /** @throws DataError when there was no header */
  finish(): CsvScan {
    if (this.#header === undefined) {
      throw new DataError("the file is empty: it has no header", {
        where: { line: 1 },
        expected: "a line with the names of the columns",
        remedy: "have the file exported again",
      });
    }
    return {
      header: this.#header,
      records: this.#count,
      skip: this.#skip,
      blank: this.#blank,
      corrupt: this.#corrupt,
      lines: this.#lines?.subarray(0, this.#count),
      plain: this.#plain,
    };
  }

  #endHeader(record: RecordBytes): void {
    const { line } = this;
    this.#firstLine += record.breaks;
    if (isBlank(record)) {
      this.#firstLine++;
      return;
    }
    const text = textOf(record);
    if (record.malformed) {
      throw new DataError("the header has text after a closing quote", {
        where: { line },
        actual: text.slice(0, 200),
        remedy: 'write a quote inside a quoted name as ""',
      });
    }
    const header = splitRecord(text).map((name) => name ?? "");
    this.#visitor.header(header, line);
    this.#header = header;
    if (header.some((name) => name.includes('"'))) this.#plain = false;
    if (this.#firstLine !== 2) this.#lines = new Int32Array(1024);
  }

  #handOut(record: RecordBytes, corrupt: boolean): void {
    const { line } = this;
    const text = textOf(record);
    if (this.#visitor.record) return this.#visitor.record({ line, text, corrupt, plain: !record.odd });
    this.#kept += text.length;
    if (record.malformed || this.#kept > KEPT_LIMIT) this.#plain = false;
    if (this.#kept <= KEPT_LIMIT) this.#corrupt.push({ line, text });
  }

  #countOne({ breaks }: RecordBytes, skipped: boolean): void {
    const number = this.#count;
    if (skipped) this.#skip.push(number);
    if (breaks > 0) this.#lines ??= numbered(this.#firstLine, number);
    if (this.#lines !== undefined) {
      if (number === this.#lines.length) this.#lines = grown(this.#lines);
      this.#lines[number] = this.line;
    }
    this.#firstLine += breaks;
    this.#count++;
  }
}

function isBlank({ parts, breaks }: RecordBytes): boolean {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return breaks === 0 && (size === 0 || (size === 1 && textOf({ parts }) === ""));
}

function textOf({ parts }: Pick<RecordBytes, "parts">): string {
  const text = Buffer.concat(parts).toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

/** Lines one after the other for the first `count` records, with room for more. */
function numbered(firstLine: number, count: number): Int32Array {
  const lines = new Int32Array(Math.max(1024, 2 * count));
  for (let i = 0; i < count; i++) lines[i] = firstLine + i;
  return lines;
}

function grown(lines: Int32Array): Int32Array {
  const larger = new Int32Array(lines.length * 2);
  larger.set(lines);
  return larger;
}
