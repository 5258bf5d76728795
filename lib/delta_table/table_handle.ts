import type { Snapshot } from "../delta/snapshot.js";
import type { PolarsEngine } from "../engine/polars/engine.js";
import type { Storage } from "../storage/storage.js";

/** What operations need of a table, whatever its columns are. */
export interface TableHandle {
  readonly storage: Storage;
  readonly engine: PolarsEngine;
  /** The table as errors name it. */
  readonly label: string;
  /** The newest version. Throws UsageError when the handle stands at a past version. */
  forWriting(): Promise<Snapshot>;
  /** The handle stands at the version that a commit has made. */
  follow(snapshot: Snapshot): void;
}
