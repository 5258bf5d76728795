import type { Catalog } from "../contract/catalog.js";
import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { isBound } from "../delta_table/table_reads.js";
import { type ColumnSources, lineage } from "../relation/lineage.js";
import { type RelationNode, sourcesOf, type TableSource } from "../relation/node.js";
import { lineageText } from "./column_lineage.js";
import { type SourceVersion, sourceVersion } from "./consumed.js";

/** What the relations of a lake are read from, also through materialised ones. */
export class Origins {
  readonly #load: (name: string, version: number | undefined) => Promise<Snapshot | undefined>;
  /** Each read sees one version, however often it is evaluated. */
  readonly #pins = new WeakMap<TableSource, Promise<Snapshot | undefined>>();
  /** By the id of a materialised relation's frame. */
  readonly #tables = new Map<string, readonly TableSource[]>();
  /** The same of its columns. */
  readonly #columns = new Map<string, ColumnSources>();

  /** @param load a table at a version, or at its newest */
  constructor(load: (name: string, version: number | undefined) => Promise<Snapshot | undefined>) {
    this.#load = load;
  }

  /** The version that a read sees: the newest when it is first evaluated, and then always that one. */
  pinned(source: TableSource): Promise<Snapshot | undefined> {
    const known = this.#pins.get(source);
    if (known !== undefined) return known;
    const pin = this.#load(source.table, source.version);
    this.#pins.set(source, pin);
    // A failure (a disk that is busy) is not remembered.
    pin.catch(() => this.#pins.delete(source));
    return pin;
  }

  /** Every read of a table below a node. */
  tablesOf(node: RelationNode): readonly TableSource[] {
    return sourcesOf(node).flatMap((source) => {
      if (source.kind === "frame") return this.#tables.get(source.id) ?? [];
      return source.kind === "table" ? [source] : [];
    });
  }

  /** The tables of the lake below a node, by name, each at the oldest version that is read; one name is left out. */
  async versionsOf(node: RelationNode, except: string): Promise<ReadonlyMap<string, SourceVersion>> {
    const versions = new Map<string, SourceVersion>();
    for (const source of this.tablesOf(node)) {
      if (source.table === except || isBound(source)) continue;
      const snapshot = await this.pinned(source);
      if (snapshot === undefined) continue;
      if (snapshot.version <= (versions.get(source.table)?.version ?? snapshot.version))
        versions.set(source.table, await sourceVersion(snapshot));
    }
    return versions;
  }

  /** Where the columns of rows for a table come from, for its log. */
  lineageOf({ name }: AnyTable, node: RelationNode, catalog: Catalog): string | undefined {
    return lineageText(name, node, catalog, (id) => this.#columns.get(id));
  }

  /** Remembers what a relation was read from, now that its rows are held as `frame`. */
  remember(node: RelationNode, frame: RelationNode): void {
    for (const source of sourcesOf(frame)) {
      if (source.kind !== "frame") continue;
      this.#tables.set(source.id, this.tablesOf(node));
      const columns = lineage({ node }, (id) => this.#columns.get(id));
      this.#columns.set(source.id, columns);
    }
  }
}
