import type { Value } from "./runner.js";

/** A row as an error shows it: `id = 1, nome = a`. */
export function rowText(row: Readonly<Record<string, Value>>): string {
  return Object.entries(row)
    .map(([name, value]) => `${name} = ${String(value)}`)
    .join(", ");
}
