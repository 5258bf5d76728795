import { join } from "node:path";
import { Catalog } from "./contract/catalog.js";
import type { AnyTable } from "./contract/define_table.js";
import type { Star } from "./contract/star.js";
import { mirrorLanding } from "./ingest/mirror_landing.js";
import { Lake } from "./lake/lake.js";
import { checkContractProperties } from "./lake/table_options.js";
import { openSamples, type Samples } from "./pipeline/samples.js";
import { currentExploration, type Exploration } from "./run.js";
import { readSettings, type Settings, type SettingsSources } from "./settings.js";
import { LocalStorage } from "./storage/local.js";
import { openStorage } from "./storage/open_storage.js";
import { OverlayStorage } from "./storage/overlay.js";
import type { Storage } from "./storage/storage.js";
import * as bronze from "./tables/bronze/index.js";
import * as gold from "./tables/gold/index.js";
import * as silver from "./tables/silver/index.js";
import * as warehouse from "./tables/warehouse/index.js";
import type { Warehouse } from "./warehouse/driver.js";
import { embeddedWarehouse, openWarehouse } from "./warehouse/open_warehouse.js";

/** Everything that works on one lake, put together by its settings. */
export interface Workspace {
  readonly settings: Settings;
  /** The contracts of `lib/tables`. */
  readonly catalog: Catalog;
  /** Rooted at the lake's folder or address. */
  readonly storage: Storage;
  readonly lake: Lake;
  /** The folder of arriving files; a clone gets its own when this is first asked for. Throws StorageError. */
  landing(): string;
  /** Where the stars are; opened when it is first asked for. Throws UsageError for an address of an unknown kind. */
  readonly warehouse: Warehouse;
}

/**
 * Opens the workspace that surrounds a folder; nothing is read from its lake yet.
 * @throws UsageError for settings that cannot be understood, ContractError for contracts that contradict each other or Delta
 */
export function openWorkspace(sources: SettingsSources): Workspace {
  const written = readSettings(sources);
  const clone = currentExploration();
  const settings = clone === undefined ? written : inClone(written, clone);
  const catalog = new Catalog(
    [bronze, silver, gold].flatMap((layer): readonly AnyTable[] => Object.values(layer)),
    Object.values(warehouse).filter(isStar),
  );
  for (const table of catalog.tables) checkContractProperties(table);
  const storage =
    clone === undefined
      ? openStorage(settings.lake)
      : new OverlayStorage({
          base: openStorage(written.lake),
          upper: new LocalStorage(settings.lake),
          until: clone.until,
        });
  const lake = new Lake({ storage, catalog, timeZone: settings.timeZone });
  let opened: Warehouse | undefined;
  return {
    settings,
    catalog,
    storage,
    lake,
    landing: () => {
      if (clone !== undefined) mirrorLanding(written.landing, settings.landing);
      return settings.landing;
    },
    get warehouse() {
      const { warehouse: address, lakeFolder: folder } = settings;
      opened ??= openWarehouse({ address, folder, engine: lake.engine });
      return opened;
    },
  };
}

/** Facts and dimensions are parts of stars, and no steps. */
function isStar(part: object): part is Star {
  return "keyMaps" in part;
}

/** In a clone everything that can be written is another place; the stars are read where they are. */
function inClone(settings: Settings, { folder }: Exploration): Settings {
  const lake = join(folder, "lake");
  const warehouse = settings.warehouse ?? embeddedWarehouse(settings.lakeFolder);
  return { ...settings, lake, lakeFolder: lake, landing: join(folder, "landing"), warehouse };
}

/** The samples that come with a workspace; undefined where they were taken out. */
export function samplesOf(settings: Settings): Samples | undefined {
  return openSamples(join(settings.root, "samples"));
}
