import { join } from "node:path";
import { Catalog } from "./contract/catalog.js";
import type { AnyTable } from "./contract/define_table.js";
import { Lake } from "./lake/lake.js";
import { openSamples, type Samples } from "./pipeline/samples.js";
import { readSettings, type Settings, type SettingsSources } from "./settings.js";
import { openStorage } from "./storage/open_storage.js";
import type { Storage } from "./storage/storage.js";
import * as bronze from "./tables/bronze/index.js";
import * as gold from "./tables/gold/index.js";
import * as silver from "./tables/silver/index.js";

/** Everything that works on one lake, put together by its settings. */
export interface Workspace {
  readonly settings: Settings;
  /** The contracts of `lib/tables`. */
  readonly catalog: Catalog;
  /** Rooted at the lake's folder or address. */
  readonly storage: Storage;
  readonly lake: Lake;
}

/**
 * Opens the workspace that surrounds a folder; nothing is read from its lake yet.
 * @throws UsageError for settings that cannot be understood
 */
export function openWorkspace(sources: SettingsSources): Workspace {
  const settings = readSettings(sources);
  const catalog = new Catalog([bronze, silver, gold].flatMap((layer): readonly AnyTable[] => Object.values(layer)));
  const storage = openStorage(settings.lake);
  const lake = new Lake({ storage, catalog, timeZone: settings.timeZone });
  return { settings, catalog, storage, lake };
}

/** The samples that come with a workspace; undefined where they were taken out. */
export function samplesOf(settings: Settings): Samples | undefined {
  return openSamples(join(settings.root, "samples"));
}
