import { createHash } from "node:crypto";
import type { Calendar, Dimension } from "../contract/dimension.js";
import type { Fact, Star } from "../contract/star.js";
import type { Dialect, WarehouseTable } from "./driver.js";

/** A dimension as a warehouse has it. */
export function dimensionTable(dimension: Dimension | Calendar): WarehouseTable {
  const { name, description, columns, key } = dimension;
  const lookups = dimension.kind === "members" ? dimension.naturalKey.map((column) => column.name) : [];
  return { name, description, columns, key: [key], lookups, role: "dimension" };
}

/** A fact as a warehouse has it. */
export function factTable({ name, description, grain, columns, key }: Fact): WarehouseTable {
  return { name, description: `${description}; each row is ${grain}`, columns, key, lookups: [], role: "fact" };
}

/** Every table of a star, dimensions first. */
export function tablesOf(star: Star): readonly WarehouseTable[] {
  return [...star.dimensions.map(dimensionTable), ...star.facts.map(factTable)];
}

/** Digests of how tables and views are made, by name. */
export function definitionsOf(star: Star, dialect: Dialect): Readonly<Record<string, string>> {
  const tables = tablesOf(star).map((table) => [table.name, dialect.createTable(table)] as const);
  const views = star.views.map((view) => [view.name, dialect.createView(view)] as const);
  return Object.fromEntries([...tables, ...views].map(([name, statements]) => [name, digest(statements.join(";"))]));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
