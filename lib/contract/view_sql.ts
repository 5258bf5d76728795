/** A quotient of two expressions, rounded half up (away from zero) to a number of decimals. */
export type Quotient = (dividend: string, divisor: string, decimals: number) => string;

/** What each engine spells in its own way in the SELECT of a view. */
export interface ViewSql {
  /**
   * A number of 38 digits, exact whatever the size of its parts: engines divide decimals as doubles, or with scales of their
   * own. The dividend and the divisor have two decimals at most; a divisor of NULL gives NULL.
   */
  readonly quotient: Quotient;
}

/** As people read it. */
export const READABLE_SQL: ViewSql = {
  quotient: (dividend, divisor, decimals) => `ROUND(${dividend} / ${divisor}, ${decimals})`,
};
