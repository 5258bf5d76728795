import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { LINEAGE_DOMAIN } from "../lake/column_lineage.js";

/** Source columns (`table.column`) by column of a table. */
export type ColumnLineage = Readonly<Record<string, readonly string[]>>;

type Edges = Readonly<Record<string, readonly string[]>>;

/** The columns that a table's columns come from and feed, near and far. */
export interface TableLineage {
  readonly table: string;
  /** Sources of each column, by its address `table.column`. */
  readonly from: Edges;
  /** What each column feeds. */
  readonly to: Edges;
}

/** So many edges a page carries in each direction. */
const EDGES = 3_000;

/** What the table's last writer recorded; empty when nobody did. */
export async function recordedLineage(snapshot: Snapshot): Promise<ColumnLineage> {
  const text = await snapshot.domainMetadata(LINEAGE_DOMAIN);
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as ColumnLineage;
  } catch {
    return {};
  }
}

/** All column lineage of a lake. */
export class LineageGraph {
  readonly #from = new Map<string, readonly string[]>();
  readonly #to = new Map<string, string[]>();

  constructor(tables: ReadonlyMap<string, ColumnLineage>) {
    for (const [table, columns] of tables) {
      for (const [column, sources] of Object.entries(columns)) {
        const address = `${table}.${column}`;
        this.#from.set(address, sources);
        for (const source of sources) this.#to.set(source, [...(this.#to.get(source) ?? []), address]);
      }
    }
  }

  of(table: string, columns: readonly string[]): TableLineage {
    const addresses = columns.map((column) => `${table}.${column}`);
    return { table, from: reach(addresses, this.#from), to: reach(addresses, this.#to) };
  }

  /** The columns that a column was made from directly. */
  sources(address: string): readonly string[] {
    return this.#from.get(address) ?? [];
  }
}

/** The header under which a file has a column that is taken from the landing zone. */
export function fileHeader(contract: AnyTable | undefined, column: string): string | undefined {
  if (contract?.landing === undefined || column.startsWith("_")) return undefined;
  return contract.columns[column]?.from ?? column;
}

function reach(start: readonly string[], edges: ReadonlyMap<string, readonly string[]>): Edges {
  const found: Record<string, readonly string[]> = {};
  const waiting = [...start];
  let count = 0;
  for (let address = waiting.shift(); address !== undefined && count < EDGES; address = waiting.shift()) {
    const next = edges.get(address);
    if (next === undefined || next.length === 0 || Object.hasOwn(found, address)) continue;
    found[address] = next;
    count += next.length;
    waiting.push(...next);
  }
  return found;
}
