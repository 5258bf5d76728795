import type { DataType, StructField, StructType } from "../types.js";
import type { TableProperties } from "./table_properties.js";

/** Statistics are kept of so many leaf columns where the table does not say otherwise. */
const DEFAULT_INDEXED_COLUMNS = 32;

/** A leaf column of data files: structs are gone into, lists and maps are not. */
export interface LeafColumn {
  /** The names as data files have them: the physical ones of a table with column mapping. */
  readonly path: readonly string[];
  readonly type: DataType;
}

/**
 * The leaf columns that statistics are kept of: those that `delta.dataSkippingStatsColumns` names (a struct stands for
 * its fields), else the first ones of the schema, 32 or `delta.dataSkippingNumIndexedCols` (-1: all). Partition columns
 * have none.
 */
export function statsColumns(
  schema: StructType,
  partitionColumns: readonly string[],
  properties: Pick<TableProperties, "statsColumns" | "indexedColumns"> = {
    statsColumns: undefined,
    indexedColumns: undefined,
  },
): readonly LeafColumn[] {
  const leaves = leavesOf(
    schema.fields.filter(({ name }) => !partitionColumns.includes(name)),
    { path: [], names: [] },
  );
  const { statsColumns: named, indexedColumns: limit = DEFAULT_INDEXED_COLUMNS } = properties;
  if (named !== undefined) return leaves.filter((leaf) => named.some((column) => isAtOrBelow(leaf.names, column)));
  return limit < 0 ? leaves : leaves.slice(0, limit);
}

interface NamedLeaf extends LeafColumn {
  readonly names: readonly string[];
}

function leavesOf(fields: readonly StructField[], above: Pick<NamedLeaf, "path" | "names">): NamedLeaf[] {
  return fields.flatMap((field) => {
    const path = [...above.path, physicalNameOf(field)];
    const names = [...above.names, field.name];
    return typeof field.type !== "string" && field.type.type === "struct"
      ? leavesOf(field.type.fields, { path, names })
      : [{ path, names, type: field.type }];
  });
}

function physicalNameOf({ name, metadata }: StructField): string {
  const physical = metadata["delta.columnMapping.physicalName"];
  return typeof physical === "string" ? physical : name;
}

function isAtOrBelow(names: readonly string[], column: readonly string[]): boolean {
  return column.length <= names.length && column.every((part, i) => part.toLowerCase() === names[i]?.toLowerCase());
}
