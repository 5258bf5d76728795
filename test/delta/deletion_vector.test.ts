import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase85 } from "../../lib/delta/base85.js";
import { readDeletionVector } from "../../lib/delta/deletion_vector.js";
import { decodeRoaringBitmap } from "../../lib/delta/roaring_bitmap.js";
import { DeltaError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";

const MAGIC = 1_681_511_377;

describe("Base85", () => {
  test("is ZeroMQ's", () => {
    expect(Buffer.from(decodeBase85("HelloWorld")).toString("hex")).toBe("864fd26fb559f75b");
    expect(decodeBase85("")).toHaveLength(0);
  });

  test.each(["Hell", 'Hell"', "%nSc1"])("refuses %s", (text) => {
    expect(() => decodeBase85(text)).toThrow(DeltaError);
  });
});

describe("Roaring bitmaps", () => {
  const containers = fc.array(
    fc.record({
      kind: fc.constantFrom("array", "bits", "runs"),
      rows: fc.uniqueArray(fc.integer({ min: 0, max: 65_535 }), { minLength: 1, maxLength: 60 }),
    }),
    { maxLength: 6 },
  );

  test("give back what was put in, whatever the form of their containers", () => {
    fc.assert(
      fc.property(containers, fc.boolean(), (parts, alwaysRuns) => {
        const rows = parts.flatMap((part, key) =>
          [...part.rows].sort((a, b) => a - b).map((row) => key * 65_536 + row),
        );
        const kinds = parts.map(({ kind }) => (alwaysRuns && kind === "bits" ? "runs" : kind));
        expect([
          ...decodeRoaringBitmap(encode(parts.map(({ rows: own }, i) => ({ kind: kinds[i] ?? "array", rows: own })))),
        ]).toEqual(rows);
      }),
    );
  });

  test("of thousands of rows in one container", () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => i * 13);
    expect([...decodeRoaringBitmap(encode([{ kind: "bits", rows }]))]).toEqual(rows);
  });

  test("that are cut off, of another kind, or beyond 32 bits are refused", () => {
    const bytes = encode([{ kind: "runs", rows: [1, 2, 3, 9] }]);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeRoaringBitmap(bytes.subarray(0, length))).toThrow(DeltaError);
    const other = Buffer.from(bytes);
    other.writeUInt32LE(MAGIC - 1);
    expect(() => decodeRoaringBitmap(other)).toThrow(/no Roaring bitmap/);
    const far = Buffer.from(bytes);
    far.writeUInt32LE(1, 12);
    expect(() => decodeRoaringBitmap(far)).toThrow(DeltaError);
  });
});

describe("deletion vectors", () => {
  const data = encode([{ kind: "array", rows: [0, 7] }]);
  const descriptor = { storageType: "u", pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^", offset: 1, cardinality: 2 };
  const name = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
  const vector = { ...descriptor, sizeInBytes: data.length };

  test("stand in files below the table, with a checksum", async () => {
    const storage = new MemoryStorage();
    await storage.put(name, file(data));
    expect([...(await readDeletionVector(storage, vector))]).toEqual([0, 7]);
  });

  test("stand in files anywhere else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tslake vectors "));
    writeFileSync(join(folder, "x.bin"), file(data));
    const at = (path: string) =>
      readDeletionVector(new MemoryStorage(), { ...vector, storageType: "p", pathOrInlineDv: path });
    expect([...(await at(pathToFileURL(join(folder, "x.bin")).href))]).toEqual([0, 7]);
    await expect(at(pathToFileURL(join(folder, "y.bin")).href)).rejects.toThrow(/does not exist/);
    rmSync(folder, { recursive: true });
  });

  test("stand in the log", async () => {
    const inline = { storageType: "i", pathOrInlineDv: base85(data), sizeInBytes: data.length, cardinality: 2 };
    expect([...(await readDeletionVector(new MemoryStorage(), inline))]).toEqual([0, 7]);
  });

  test.each([
    ["absent", undefined, vector, /does not exist/],
    ["cut off", file(data).subarray(0, 20), vector, /damaged/],
    ["of another checksum", flipped(file(data), -1), vector, /damaged/],
    ["changed", flipped(file(data), 30), vector, /damaged/],
    ["of another size", file(data), { ...vector, sizeInBytes: data.length - 1 }, /damaged/],
    ["of other rows than the log says", file(data), { ...vector, cardinality: 3 }, /another number of rows/],
    ["of an unknown kind", file(data), { ...vector, storageType: "x" }, /a kind that this engine does not know/],
  ])("that are %s are refused", async (_, bytes, descriptor, message) => {
    const storage = new MemoryStorage();
    if (bytes) await storage.put(name, bytes);
    await expect(readDeletionVector(storage, descriptor)).rejects.toThrow(message);
  });
});

interface Container {
  readonly kind: string;
  readonly rows: readonly number[];
}

/** A bitmap of containers with the keys 0, 1, 2…, as the format's description has it. */
function encode(containers: readonly Container[]): Buffer {
  const hasRuns = containers.some(({ kind }) => kind === "runs");
  const bodies = containers.map(({ kind, rows }) =>
    body(
      kind,
      [...rows].sort((a, b) => a - b),
    ),
  );
  const flags = Buffer.alloc(hasRuns ? Math.ceil(containers.length / 8) : 0);
  for (const [i, { kind }] of containers.entries())
    if (kind === "runs") flags[i >> 3] = (flags[i >> 3] ?? 0) | (1 << (i & 7));
  const cookie = hasRuns
    ? [uint32(12_347 | ((containers.length - 1) << 16)), flags]
    : [uint32(12_346), uint32(containers.length)];
  const headers = containers.map(({ kind, rows }, key) => {
    // The format tells arrays from bits by the number of rows.
    const cardinality = kind === "bits" ? Math.max(rows.length, 4_097) : rows.length;
    return Buffer.concat([uint16(key), uint16(cardinality - 1)]);
  });
  const offsets = hasRuns && containers.length < 4 ? [] : containers.map(() => uint32(0));
  return Buffer.concat([uint32(MAGIC), uint32(1), uint32(0), uint32(0), ...cookie, ...headers, ...offsets, ...bodies]);
}

function body(kind: string, rows: readonly number[]): Buffer {
  if (kind === "array") return Buffer.concat(rows.map(uint16));
  if (kind === "runs") {
    const runs = rows.map((row) => Buffer.concat([uint16(row), uint16(0)]));
    return Buffer.concat([uint16(rows.length), ...runs]);
  }
  const bits = Buffer.alloc(8_192);
  for (const row of rows) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  return bits;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A file with one vector behind its version. */
function file(data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data));
  return Buffer.concat([Buffer.from([1]), size, data, checksum]);
}

function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = index < 0 ? copy.length + index : index;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

function base85(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let text = "";
  for (let i = 0; i < padded.length; i += 4) {
    let word = padded.readUInt32BE(i);
    let digits = "";
    for (let j = 0; j < 5; j++) {
      digits = (ALPHABET[word % 85] ?? "") + digits;
      word = Math.floor(word / 85);
    }
    text += digits;
  }
  return text;
}
