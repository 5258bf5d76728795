import fs from "node:fs";
import type { RecordedLoad } from "../driver.js";
import { stampOf } from "./file_stamp.js";

interface Cached {
  readonly stamp: string;
  readonly loads: readonly RecordedLoad[];
}

/**
 * What a file says of its loads, kept beside it as `<file>.loads.json`, so that asking need not load DuckDB. It counts only
 * for the very file that it was read from: any write to that gives it another stamp.
 */
export function loadsCache(path: string): {
  read(): readonly RecordedLoad[] | undefined;
  write(loads: readonly RecordedLoad[]): void;
} {
  const file = `${path}.loads.json`;
  // Taken before the file is read: what changes it meanwhile makes the cache void.
  const now = stampOf(path);
  return {
    read: () => {
      try {
        const { stamp, loads } = JSON.parse(fs.readFileSync(file, "utf8")) as Cached;
        return stamp === now ? loads : undefined;
      } catch {
        return undefined;
      }
    },
    write: (loads) => {
      const cached: Cached = { stamp: now, loads };
      try {
        fs.writeFileSync(`${file}.next`, `${JSON.stringify(cached)}\n`);
        fs.renameSync(`${file}.next`, file);
      } catch {
        // A folder that only may be read: the file is asked each time.
      }
    },
  };
}
