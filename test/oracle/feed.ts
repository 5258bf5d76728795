import { EVENT_COLUMNS, type EventFile, type EventTable } from "./events.js";

/** A day of January 2023: `jan(5)` is `2023-01-05`. */
export function jan(day: number): string {
  return `2023-01-${String(day).padStart(2, "0")}`;
}

/** A `purchase` line of a day of January 2023, at 10 o'clock unless told; its columns in the order of the contract. */
export function purchase(
  day: number,
  id: string,
  { order = day, released = true, hour = 10 }: { order?: number; released?: boolean; hour?: number } = {},
): string {
  return `${jan(day)} ${hour}:00:00,${jan(day)},${id},77,5,${jan(order)},${released ? jan(order) : ""},852`;
}

/** A `product_item` line of a day of January 2023. */
export function item(day: number, id: string, product: string, value: string, hour = 10): string {
  return `${jan(day)} ${hour}:00:00,${jan(day)},${id},${product},3,${value}`;
}

/** A `purchase_extra_info` line of a day of January 2023. */
export function extra(day: number, id: string, subsidiary: string, hour = 10): string {
  return `${jan(day)} ${hour}:00:00,${jan(day)},${id},${subsidiary}`;
}

/** A CSV file of one table. */
export function csv(table: EventTable, ...lines: readonly string[]): EventFile {
  const header = EVENT_COLUMNS[table].map((column) => column.name).join(",");
  return { table, name: `${table}.csv`, content: Buffer.from(`${[header, ...lines].join("\n")}\n`) };
}
