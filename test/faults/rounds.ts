/** How much longer than by default the tests look for accidents: `TSLAKE_FAULT_ROUNDS=5` tries five times as many. */
export const ROUNDS = Number(process.env["TSLAKE_FAULT_ROUNDS"] ?? 1);

/** So many of the items times `ROUNDS`, evenly spread, others each time: what one run does not try, another does. */
export function some<T>(items: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(items.length, Math.max(1, Math.round(count * ROUNDS)));
  const chosen = new Set(
    Array.from({ length: wanted }, (_, at) => Math.floor(((at + Math.random()) * items.length) / wanted)),
  );
  return items.filter((_, at) => chosen.has(at));
}
