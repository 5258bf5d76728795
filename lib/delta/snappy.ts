import { Buffer } from "node:buffer";

/** From this length on, the built-in copy is quicker than a loop. */
const LONG = 16;

/**
 * Decompresses a Snappy block (snappy's format_description.txt) of `size` bytes: several times as quick as copying byte by
 * byte, and most of the time that reading a checkpoint takes. Throws RangeError for damaged input.
 * @param output where the bytes go, of at least that size; by default new memory
 */
export function uncompressSnappy(
  input: Uint8Array,
  size: number,
  output: Uint8Array = Buffer.allocUnsafe(size),
): Uint8Array {
  let from = lengthBytes(input);
  let to = 0;
  while (from < input.length) {
    const tag = byteAt(input, from++);
    const kind = tag & 3;
    const bytes = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : kind === 3 ? 4 : kind;
    const number = littleEndian(input, from, bytes);
    from += bytes;
    let length = kind === 0 && bytes > 0 ? number + 1 : kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    // Long repetitions come as many copies from one distance.
    for (; kind === 2 && isCopy(input, from, number); from += 3) length += (byteAt(input, from) >>> 2) + 1;
    if (to + length > size) throw damaged();
    if (kind === 0) {
      copyLiteral(input, from, output, to, length);
      from += length;
    } else {
      copyBack(output, to - number - (kind === 1 ? (tag >>> 5) << 8 : 0), to, length);
    }
    to += length;
  }
  if (to !== size) throw damaged();
  return output.subarray(0, size);
}

/** Whether a copy from so many bytes back comes next, in the form of three bytes. */
function isCopy(input: Uint8Array, at: number, distance: number): boolean {
  return (byteAt(input, at) & 3) === 2 && byteAt(input, at + 1) + byteAt(input, at + 2) * 256 === distance;
}

function copyLiteral(input: Uint8Array, from: number, output: Uint8Array, to: number, length: number): void {
  if (from + length > input.length) throw damaged();
  if (length >= LONG) output.set(input.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) output[to + i] = byteAt(input, from + i);
}

/** What overlaps its own copy repeats, and is copied byte by byte. */
function copyBack(output: Uint8Array, from: number, to: number, length: number): void {
  if (from < 0 || from >= to) throw damaged();
  if (length >= LONG && to - from >= length) output.copyWithin(to, from, from + length);
  else for (let i = 0; i < length; i++) output[to + i] = byteAt(output, from + i);
}

/** The block begins with its size, seven bits to a byte. */
function lengthBytes(input: Uint8Array): number {
  let at = 0;
  while (at < 5 && byteAt(input, at) >= 128) at++;
  return at + 1;
}

function littleEndian(input: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + byteAt(input, at + i);
  return value;
}

function byteAt(input: Uint8Array, at: number): number {
  return input[at] ?? 0;
}

function damaged(): RangeError {
  return new RangeError("a Snappy block is damaged");
}
