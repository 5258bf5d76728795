/** How an engine spells a quotient of two expressions, rounded half up (away from zero) to a number of decimals. */
export type QuotientSql = (dividend: string, divisor: string, decimals: number) => string;

/**
 * A quotient in the SELECT of a view, exact whatever the size of its parts: engines divide decimals as doubles, or with
 * scales of their own, so each warehouse is given its own SQL for it.
 *
 * @param dividend an expression with two decimals at most
 * @param divisor likewise; NULL gives NULL
 */
export function quotient(dividend: string, divisor: string, decimals: number): string {
  return `QUOTIENT(${dividend} BY ${divisor} TO ${decimals})`;
}

/** The SELECT of a view as an engine takes it: its quotients are numbers of 38 digits. */
export function spellQuotients(select: string, spell: QuotientSql): string {
  return select.replace(
    /\bQUOTIENT\((.+?) BY (.+?) TO (\d+)\)/g,
    (_, dividend: string, divisor: string, decimals: string) =>
      `CAST(${spell(dividend, divisor, Number(decimals))} AS DECIMAL(38,${decimals}))`,
  );
}
