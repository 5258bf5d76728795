import { DataError } from "../errors.js";
import { RECORD_LIMIT } from "./scan_csv.js";
import { TextCheck } from "./text_check.js";

/** Called with each line, without its end, its number from 1, and whether it had a line end. */
export type LineSink = (text: string, line: number, ended: boolean) => void;

const LF = 10;

/** Splits UTF-8 bytes that come in chunks into lines, ended by LF or CRLF. */
export class LineReader {
  readonly #sink: LineSink;
  readonly #check = new TextCheck();
  #line = 1;
  #carry: Uint8Array[] = [];
  #carried = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** @throws DataError for bytes that are no UTF-8 text, and for a line longer than `RECORD_LIMIT` */
  push(chunk: Uint8Array): void {
    this.#check.push(chunk, this.#line);
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      const lines = Buffer.concat([...this.#carry, chunk.subarray(0, end - 1)])
        .toString("utf8")
        .split("\n");
      this.#carry = [];
      this.#carried = 0;
      for (const text of lines) this.#hand(text, true);
    }
    if (end === chunk.length) return;
    this.#carry.push(chunk.slice(end));
    this.#carried += chunk.length - end;
    if (this.#carried > RECORD_LIMIT) {
      throw new DataError(`a line is longer than ${RECORD_LIMIT / 1024 / 1024} MiB`, {
        where: { line: this.#line },
        expected: "one JSON object per line",
        actual: "no line end",
        remedy: "end each object with a line feed",
      });
    }
  }

  /** Call once after the last byte. */
  finish(): void {
    this.#check.finish(this.#line);
    if (this.#carried > 0) this.#hand(Buffer.concat(this.#carry).toString("utf8"), false);
  }

  #hand(text: string, ended: boolean): void {
    const from = this.#line === 1 && text.startsWith("\uFEFF") ? 1 : 0;
    this.#sink(text.slice(from, text.endsWith("\r") ? -1 : undefined), this.#line, ended);
    this.#line++;
  }
}
