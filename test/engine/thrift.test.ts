import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  int32,
  readThrift,
  structOf,
  structsIn,
  text,
  textOf,
  withFields,
  writeThrift,
} from "../../lib/engine/polars/thrift.js";

const root = "test/fixtures/delta";
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));

function footerOf(file: string): Buffer {
  const bytes = readFileSync(join(root, file));
  return bytes.subarray(bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8), bytes.length - 8);
}

test("footers of other engines are written again byte for byte", () => {
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect(writeThrift(readThrift(footerOf(file))).equals(footerOf(file)), file).toBe(true);
});

test("fields are set, added and left out, numbers far apart too", () => {
  const made = structOf({ 1: int32(-1), 3: text("é"), 40: int32(2 ** 31 - 1) });
  const again = readThrift(writeThrift(withFields(made, { 1: undefined, 2: structOf({ 5: int32(64) }) })));
  expect([...again.fields.keys()]).toEqual([2, 3, 40]);
  expect(textOf(again.fields.get(3))).toBe("é");
  expect(writeThrift(again).toString("hex")).toBe("2c5580010018 02c3a9 0550 feffffff0f 00".replaceAll(" ", ""));
});

test("a footer that is cut off is an error", () => {
  const footer = footerOf(files[0] ?? "");
  expect(structsIn(readThrift(footer).fields.get(2)).length).toBeGreaterThan(1);
  for (const length of [0, 1, 10, footer.length - 1]) {
    expect(() => readThrift(footer.subarray(0, length))).toThrow(RangeError);
  }
});
