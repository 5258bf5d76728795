/** Prefix of columns that exist only inside a plan; no column of a table has it. */
export const TEMPORARY = "\u0001";
