import type { Catalog } from "../contract/catalog.js";
import { partNames } from "../contract/star.js";
import type { Snapshot } from "../delta/snapshot.js";
import { SOURCES_DOMAIN } from "../lake/consumed.js";
import { STEP_DOMAIN } from "../lake/step_mark.js";
import type { RecordedLoad, Warehouse } from "../warehouse/driver.js";
import type { StoredTable, StoredTables } from "./step.js";

/** The lake, as far as the freshness of a star is concerned. */
interface LakeTables extends StoredTables {
  readonly catalog: Catalog;
  snapshot(name: string): Promise<Snapshot | undefined>;
}

/**
 * The tables of a lake and its stars: what a star has consumed, its warehouse itself says. A star of which a table or view is
 * missing there is not stored.
 */
export function withStars(lake: LakeTables, warehouse: () => Warehouse): StoredTables {
  return {
    snapshot: async (name) => {
      const star = lake.catalog.star(name);
      if (star === undefined) return lake.snapshot(name);
      const load = (await warehouse().loads()).find((one) => one.star === name);
      const isWhole = load !== undefined && partNames(star).every((part) => load.definitions[part] !== undefined);
      return isWhole ? storedStar(load) : undefined;
    },
  };
}

function storedStar(load: RecordedLoad): StoredTable {
  const domains = new Map([
    [SOURCES_DOMAIN, JSON.stringify(load.sources)],
    [STEP_DOMAIN, load.step],
  ]);
  return {
    version: load.number,
    metadata: { id: load.star },
    txn: () => Promise.resolve(undefined),
    txns: () => Promise.resolve(new Map()),
    allTxns: () => Promise.resolve(new Map()),
    domainMetadata: (domain) => Promise.resolve(domains.get(domain)),
    numRecords: () => Promise.resolve(undefined),
    commitInfo: () => Promise.resolve(undefined),
  };
}
