import type { Catalog } from "../contract/catalog.js";
import { partNames, type Star } from "../contract/star.js";
import type { Snapshot } from "../delta/snapshot.js";
import { sourceAppId } from "../lake/consumed.js";
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
      return isWhole ? storedStar(lake, star, load) : undefined;
    },
  };
}

async function storedStar(lake: LakeTables, star: Star, load: RecordedLoad): Promise<StoredTable> {
  const consumed = new Map<string, bigint>();
  for (const name of star.table.reads) {
    const loaded = load.sources[name];
    // Another lake's table of that name was never read.
    const same = loaded !== undefined && (await lake.snapshot(name))?.metadata.id === loaded.id;
    if (same) consumed.set(sourceAppId(name), BigInt(loaded.version));
  }
  return {
    version: load.number,
    metadata: { id: load.star },
    txn: (appId) => Promise.resolve(consumed.get(appId)),
    txns: (appIds) => Promise.resolve(new Map([...consumed].filter(([appId]) => appIds.includes(appId)))),
    allTxns: () => Promise.resolve(new Map([...consumed].map(([appId, version]) => [appId, { appId, version }]))),
    domainMetadata: (domain) => Promise.resolve(domain === STEP_DOMAIN ? load.step : undefined),
    numRecords: () => Promise.resolve(undefined),
    addedSince: () => Promise.resolve(undefined),
  };
}
