import fs from "node:fs";
import { basename, join } from "node:path";
import type { AnyTable, Landing } from "../contract/define_table.js";
import { describeError } from "../errors.js";
import { listLanding } from "../ingest/landing.js";
import { isAbsent } from "../storage/local_errors.js";

/** A file that waits in the landing zone. */
export interface WaitingFile {
  /** Relative to the landing zone: `vendas/registros_2014.csv`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** Something in the landing zone that stays there. */
export interface Stranger {
  /** Relative to the landing zone. */
  readonly path: string;
  readonly reason: string;
}

/** What lies in the landing zone, without having read any of it. */
export interface LandingView {
  /** By bronze table: the files that its contract takes. */
  readonly waiting: ReadonlyMap<string, readonly WaitingFile[]>;
  /** Bronze tables whose folder cannot be listed, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** What nobody takes. */
  readonly strangers: readonly Stranger[];
}

/** Looks at the names in the landing zone; an absent folder is an empty one. */
export function viewLanding(folder: string, tables: readonly AnyTable[]): LandingView {
  const sources = tables.filter(hasLanding);
  const folders = new Set(sources.map(({ landing }) => landing.source));
  const waiting = new Map<string, readonly WaitingFile[]>();
  const unreadable = new Map<string, string>();
  const places = [...folders].map((source) => `${source}/`).join(", ");
  const strangers: Stranger[] = namesIn(folder).flatMap((path) => {
    if (folders.has(path))
      return isFolder(join(folder, path)) ? [] : [{ path, reason: `no folder; files go into ${path}/` }];
    return /^[._]/.test(path) ? [] : [{ path, reason: `no table takes it; files go into ${places}` }];
  });
  for (const table of sources) {
    const { source } = table.landing;
    try {
      const { files, left } = listLanding(folder, table);
      waiting.set(
        table.name,
        files.map((file) => ({ path: `${source}/${basename(file.path)}`, size: file.identity.size })),
      );
      strangers.push(...left.map(({ name, reason }) => ({ path: `${source}/${name}`, reason })));
    } catch (error) {
      unreadable.set(table.name, describeError(error));
    }
  }
  return { waiting, unreadable, strangers };
}

function hasLanding(table: AnyTable): table is AnyTable & { readonly landing: Landing } {
  return table.landing !== undefined;
}

/** Whether names can be listed below a path; also true where that cannot be told. */
function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch (error) {
    return !isAbsent(error);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
