import fs from "node:fs";
import { join } from "node:path";
import type { AnyTable, Landing } from "../contract/define_table.js";

/** A file that waits in the landing zone. */
export interface WaitingFile {
  /** Relative to the landing zone: `vendas/registros_2014.csv`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What lies in the landing zone, without having read any of it. */
export interface LandingView {
  /** By bronze table: the files that its contract takes. */
  readonly waiting: ReadonlyMap<string, readonly WaitingFile[]>;
  /** What nobody takes, each with the reason, as text for people. */
  readonly strangers: readonly string[];
}

/** Looks at the names in the landing zone; an absent folder is an empty one. */
export function viewLanding(folder: string, tables: readonly AnyTable[]): LandingView {
  const sources = tables.flatMap((table) => (table.landing ? [{ name: table.name, landing: table.landing }] : []));
  const waiting = new Map<string, WaitingFile[]>();
  const strangers: string[] = [];
  for (const entry of entriesOf(folder)) {
    const isSource = sources.some(({ landing }) => landing.source === entry.name);
    if (!isSource && !isIgnored(entry.name)) {
      strangers.push(`${entry.name}: no table takes it; files go into one of ${folderNames(sources)}`);
    }
  }
  for (const { name, landing } of sources) {
    const files: WaitingFile[] = [];
    for (const entry of entriesOf(join(folder, landing.source))) {
      if (isIgnored(entry.name)) continue;
      const path = `${landing.source}/${entry.name}`;
      const stat = fs.statSync(join(folder, path), { throwIfNoEntry: false });
      if (!takes(landing, entry.name)) strangers.push(`${path}: ${name} takes ${landing.files.join(", ")}`);
      else if (!stat?.isFile()) strangers.push(`${path}: not a file`);
      else files.push({ path, size: stat.size });
    }
    waiting.set(name, files);
  }
  return { waiting, strangers };
}

/** True for names that a contract takes; `.gz` may follow every one. */
export function takes(landing: Landing, name: string): boolean {
  const plain = name.endsWith(".gz") ? name.slice(0, -3) : name;
  return landing.files.some((pattern) => new RegExp(`^${pattern.split("*").map(quote).join(".*")}$`, "su").test(plain));
}

/** Names that are not finished, or not meant for anybody. */
function isIgnored(name: string): boolean {
  return /^[._]/.test(name) || /\.(part|tmp)$/.test(name);
}

function entriesOf(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function folderNames(sources: readonly { readonly landing: Landing }[]): string {
  return [...new Set(sources.map(({ landing }) => `${landing.source}/`))].sort().join(", ");
}

function quote(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
