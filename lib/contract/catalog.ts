import { DISPLAY, type Displayable, type MimeBundle } from "../display.js";
import { ContractError, UsageError } from "../errors.js";
import { catalogPicture } from "./catalog_picture.js";
import { type AnyTable, LAYERS } from "./define_table.js";
import { partNames, type Star } from "./star.js";

/** All tables of a lake, with the order in which they can be built. */
export class Catalog implements Displayable {
  /** In dependency order; tables that do not depend on each other by layer, then name. */
  readonly tables: readonly AnyTable[];
  /** The tables that a step of the pipeline is named after: all but the key maps of stars, which their star's step writes. */
  readonly steps: readonly AnyTable[];
  readonly stars: readonly Star[];
  private readonly byName: ReadonlyMap<string, AnyTable>;

  /**
   * @param lake tables of the lake
   * @param stars what is made of them in a warehouse; they bring their tables along
   * @throws ContractError for two tables of one name, also in two stars, or of one landing folder, for a read of an unknown
   * table, and for a cycle (its path is printed)
   */
  constructor(lake: readonly AnyTable[], stars: readonly Star[] = []) {
    refuseSharedParts(stars);
    const keyMaps = stars.flatMap((star) => star.keyMaps);
    const tables = [...lake, ...stars.map((star) => star.table), ...keyMaps];
    this.byName = new Map(tables.map((table) => [table.name, table]));
    const twice = tables.find((table, i) => tables.findIndex((other) => other.name === table.name) !== i);
    if (twice) throw new ContractError(`two tables are named ${twice.name}`, { where: { table: twice.name } });
    for (const table of tables) {
      for (const read of table.reads) {
        if (!this.byName.has(read)) {
          throw new ContractError(`${table.name} reads an unknown table`, {
            where: { table: table.name },
            expected: [...this.byName.keys()].join(", "),
            actual: read,
          });
        }
      }
    }
    refuseSharedFolders(tables);
    this.tables = this.sorted(tables);
    this.steps = this.tables.filter((table) => !keyMaps.includes(table));
    this.stars = stars;
  }

  /** @throws UsageError with the known names */
  table(name: string): AnyTable {
    const found = this.byName.get(name);
    if (found) return found;
    throw new UsageError(`no table ${name}`, {
      expected: `one of ${[...this.byName.keys()].sort().join(", ")}`,
      actual: name,
    });
  }
  /** The star that a step loads; undefined for every other step. */
  star(name: string): Star | undefined {
    return this.stars.find((star) => star.name === name);
  }
  /** In a notebook: the picture of which table reads which. */
  [DISPLAY](): MimeBundle {
    return catalogPicture(this.steps);
  }
  has(name: string): boolean {
    return this.byName.has(name);
  }
  /** Every table that this one is built from, near and far. */
  upstream(name: string): ReadonlySet<string> {
    return reach(name, (table) => this.table(table).reads);
  }
  /** Every table that is built from this one, near and far. */
  downstream(name: string): ReadonlySet<string> {
    return reach(name, (table) =>
      this.tables.filter((other) => other.reads.includes(table)).map((other) => other.name),
    );
  }

  private sorted(tables: readonly AnyTable[]): readonly AnyTable[] {
    const done = new Set<string>();
    const order: AnyTable[] = [];
    const visit = (table: AnyTable, path: readonly string[]): void => {
      if (done.has(table.name)) return;
      if (path.includes(table.name)) {
        throw new ContractError("tables read each other in a circle", {
          actual: [...path.slice(path.indexOf(table.name)), table.name].join(" → "),
          remedy: "remove one of these reads",
        });
      }
      for (const read of [...table.reads].sort()) visit(this.table(read), [...path, table.name]);
      done.add(table.name);
      order.push(table);
    };
    const start = [...tables].sort(
      (a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer) || (a.name < b.name ? -1 : 1),
    );
    for (const table of start) visit(table, []);
    return order;
  }
}

/** Files of one folder are archived together, and what one table leaves there is told as left. */
function refuseSharedFolders(tables: readonly AnyTable[]): void {
  const owners = new Map<string, string>();
  for (const { name, landing } of tables) {
    if (landing === undefined) continue;
    const other = owners.get(landing.source);
    if (other !== undefined) {
      throw new ContractError(`${other} and ${name} take files from one folder`, {
        where: { table: name },
        expected: "a folder of its own for each table",
        actual: `source: ${JSON.stringify(landing.source)}`,
        remedy: "name another source in one of the contracts",
      });
    }
    owners.set(landing.source, name);
  }
}

/** A load replaces the rows of all tables of its star: none may be another's as well. */
function refuseSharedParts(stars: readonly Star[]): void {
  const owners = new Map<string, Star>();
  for (const star of stars) {
    for (const name of partNames(star)) {
      const other = owners.get(name);
      owners.set(name, star);
      if (other === undefined) continue;
      throw new ContractError(`two stars have a table or view ${name}`, {
        where: { table: name },
        expected: "tables and views of each star's own",
        actual: `${other.name} and ${star.name}`,
        remedy: "give it another name in one of them, or make one star of both",
      });
    }
  }
}

function reach(from: string, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const other of next(name)) {
      if (found.has(other)) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(from);
  return found;
}
