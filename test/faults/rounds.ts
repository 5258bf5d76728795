/** How much longer than by default the tests look for accidents: `TSLAKE_FAULT_ROUNDS=5` tries five times as many. */
export const ROUNDS = Number(process.env["TSLAKE_FAULT_ROUNDS"] ?? 1);

/** So many of the items times `ROUNDS`, evenly spread, first and last among them. */
export function some<T>(items: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(items.length, Math.max(2, Math.round(count * ROUNDS)));
  const chosen = Array.from({ length: wanted }, (_, at) =>
    Math.round((at * (items.length - 1)) / Math.max(1, wanted - 1)),
  );
  return [...new Set(chosen)].flatMap((at) => items[at] ?? []);
}
