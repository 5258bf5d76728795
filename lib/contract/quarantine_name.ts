/** The Delta table of the rows that a table has refused; it stands beside it. */
export function quarantineName(table: string): string {
  return `${table}_quarantine`;
}
