import { isUtf8 } from "node:buffer";
import { DataError } from "../errors.js";

/** Makes sure, chunk by chunk, that a file is UTF-8 text without NUL. */
export class TextCheck {
  #begun = false;
  /** The first bytes of a character that the next chunk completes. */
  #pending = new Uint8Array(0);
  /** Bytes before the next chunk in its first line. */
  #lineBytes = 0;

  /**
   * @param line the line in which the chunk begins, from 1
   * @throws DataError with the line and the byte in it
   */
  push(chunk: Uint8Array, line: number): void {
    if (chunk.length === 0) return;
    if (!this.#begun) refuseForeign(chunk);
    this.#begun = true;
    // Many times as fast as a typed array's own search.
    const nul = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).indexOf(0);
    if (nul >= 0) {
      const actual = "byte 0x00; UTF-16 text has such bytes, and a file that was not fully written";
      const remedy = "have the file sent again, complete; UTF-16 text is converted so: iconv -f UTF-16LE -t UTF-8";
      const place = placeOf(chunk, nul, line, this.#lineBytes);
      throw refusal("the file has a NUL byte, which no text has", actual, place, remedy);
    }
    const head = this.#complete(chunk, line);
    const whole = chunk.length - incompleteTail(chunk, head);
    if (!isUtf8(chunk.subarray(head, whole))) {
      const at = head + validPrefix(chunk.subarray(head, whole));
      throw this.#notUtf8(chunk[at], placeOf(chunk, at, line, this.#lineBytes));
    }
    if (whole < chunk.length) this.#pending = chunk.slice(whole);
    const last = chunk.lastIndexOf(10);
    this.#lineBytes = last < 0 ? this.#lineBytes + chunk.length : chunk.length - last - 1;
  }

  /** Call once after the last byte, with the last line. */
  finish(line: number): void {
    if (this.#pending.length === 0) return;
    throw this.#notUtf8(this.#pending[0], { line, column: this.#lineBytes - this.#pending.length + 1 });
  }

  /** Joins the pending bytes with the chunk's first ones; answers how many of those it used. */
  #complete(chunk: Uint8Array, line: number): number {
    const pending = this.#pending;
    if (pending.length === 0) return 0;
    const missing = sequenceLength(pending[0] ?? 0) - pending.length;
    const added = chunk.subarray(0, missing);
    const joined = Buffer.concat([pending, added]);
    const isBroken = added.some((byte) => !isContinuation(byte)) || (added.length === missing && !isUtf8(joined));
    if (isBroken) throw this.#notUtf8(pending[0], { line, column: this.#lineBytes - pending.length + 1 });
    this.#pending = added.length < missing ? joined : new Uint8Array(0);
    return added.length;
  }

  #notUtf8(byte: number | undefined, place: Place): DataError {
    const guess = new TextDecoder("windows-1252").decode(Uint8Array.of(byte ?? 0));
    const remedy = "convert it, for instance: iconv -f WINDOWS-1252 -t UTF-8";
    return refusal("the file is not UTF-8", `byte ${hex(byte)}, which is "${guess}" in Latin-1`, place, remedy);
  }
}

function refusal(message: string, actual: string, place: Place, remedy: string): DataError {
  const evidence = `${actual}, at byte ${place.column} of its line`;
  return new DataError(message, { where: place, expected: "UTF-8 text", actual: evidence, remedy });
}

/** A line, and a byte in it; both from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(chunk: Uint8Array, at: number, line: number, lineBytes: number): Place {
  let breaks = 0;
  for (let i = 0; i < at; i++) if (chunk[i] === 10) breaks++;
  const start = at === 0 ? -1 : chunk.lastIndexOf(10, at - 1);
  return { line: line + breaks, column: start < 0 ? lineBytes + at + 1 : at - start };
}

const FOREIGN: readonly { readonly bytes: readonly number[]; readonly what: string; readonly remedy: string }[] = [
  { bytes: [0xff, 0xfe], what: "UTF-16 text", remedy: "convert it: iconv -f UTF-16 -t UTF-8" },
  { bytes: [0xfe, 0xff], what: "UTF-16 text", remedy: "convert it: iconv -f UTF-16 -t UTF-8" },
  { bytes: [0x1f, 0x8b], what: "gzip", remedy: "let its name end in .gz" },
  { bytes: [0x50, 0x4b, 3, 4], what: "a zip archive or a spreadsheet", remedy: "export it as CSV in UTF-8" },
  { bytes: [0x50, 0x41, 0x52, 0x31], what: "Parquet", remedy: "let its name end in .parquet" },
];

function refuseForeign(chunk: Uint8Array): void {
  const found = FOREIGN.find(({ bytes }) => bytes.every((byte, i) => chunk[i] === byte));
  if (found === undefined) return;
  throw new DataError(`the file is ${found.what}, not UTF-8 text`, {
    where: { line: 1 },
    expected: "UTF-8 text",
    actual: `the first bytes are ${found.bytes.map(hex).join(" ")}`,
    remedy: found.remedy,
  });
}

function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end of the chunk begin a character that is not complete. */
function incompleteTail(chunk: Uint8Array, from: number): number {
  for (let back = 1; back <= 3 && chunk.length - back >= from; back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte >= 0xc0) return byte < 0xf8 && sequenceLength(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** The length of the valid UTF-8 at the beginning of bytes that are not all valid. */
function validPrefix(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  // A longer prefix of invalid text is valid only up to the first fault, give or take an incomplete character.
  while (high - low > 64) {
    const middle = (low + high) >> 1;
    const cut = middle - incompleteTail(bytes.subarray(0, middle), 0);
    if (isUtf8(bytes.subarray(low, cut))) low = cut;
    else high = middle;
  }
  while (low < bytes.length) {
    const length = sequenceLength(bytes[low] ?? 0);
    if (!isUtf8(bytes.subarray(low, low + length))) return low;
    low += length;
  }
  return low;
}
