/**
 * Items in bins whose sizes sum up to at most `capacity`, in the items' order: what lies together stays together. An item
 * that is larger has a bin of its own.
 */
export function packBins<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  capacity: number,
): readonly (readonly T[])[] {
  const bins: T[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    if (filled + size > capacity) {
      bins.push([]);
      filled = 0;
    }
    bins.at(-1)?.push(item);
    filled += size;
  }
  return bins;
}
