import { Buffer } from "node:buffer";
import type { ColumnMetaData, SchemaTree } from "hyparquet";
import type { TextVisitor } from "./handler.js";
import { levelsOf } from "./parquet_levels.js";
import { dataPages, type OpenPage, type PageReader } from "./parquet_pages.js";

/**
 * One leaf column of a row group of `count` rows, decoded from its bytes: a value or null for each row; below one repeated
 * level (a list or map), an array of values for each row, or null. Null stands for null at any level. `path` leads from the
 * schema's root to the leaf. Of rows that are not wanted the values may be left out.
 */
export function readLeaf(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  count: number,
  wanted?: RowNumbers,
): unknown[] {
  const rows = new Array<unknown>(count).fill(null);
  const isFlat = levelsOf(path).entry === undefined;
  let first = 0;
  for (const page of dataPages(reader, bytes, meta, path, decodeText)) {
    // In a flat column each value is a row's.
    const isPassed = isFlat && wanted !== undefined && !someBetween(wanted, first, first + page.count);
    first += isPassed ? page.count : page.placeIn(rows, first);
  }
  return rows;
}

/** Numbers of rows, ascending. */
export type RowNumbers = readonly number[];

/** Whether one of the numbers is at least `from` and less than `to`. */
function someBetween(numbers: RowNumbers, from: number, to: number): boolean {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return (numbers[low] ?? to) < to;
}

/** Visits the texts of a column, one page in memory at a time; false for columns that hold none. See `ColumnBatch`. */
export function visitTexts(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  visit: TextVisitor,
  wanted?: RowNumbers,
): boolean {
  if (meta.type !== "BYTE_ARRAY" || levelsOf(path).entry !== undefined) return false;
  let row = 0;
  for (const page of dataPages(reader, bytes, meta, path, (text) => text)) {
    if (wanted !== undefined && !someBetween(wanted, row, row + page.count)) {
      row += page.count;
      continue;
    }
    const plain = page.plainTexts();
    if (plain !== undefined) {
      visitPlain(plain, row, page.count, visit);
    } else {
      const rows = new Array<Uint8Array | null>(page.count).fill(null);
      page.placeIn(rows, 0);
      for (const [i, text] of rows.entries()) visit(row + i, text, 0, text?.length ?? 0);
    }
    row += page.count;
  }
  return true;
}

/** Texts that stand one after the other, each behind its length, without making an object of each. */
function visitPlain({ levels, bytes, at }: OpenPage, firstRow: number, count: number, visit: TextVisitor): void {
  const { present } = levels;
  let { offset } = at;
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (present[next] !== i) {
      visit(firstRow + i, null, 0, 0);
      continue;
    }
    const end = offset + 4 + at.view.getUint32(offset, true);
    visit(firstRow + i, bytes, offset + 4, end);
    offset = end;
    next++;
  }
}

function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
