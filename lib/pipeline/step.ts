import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { DAYS_DOMAIN, type DayMark } from "../history/days.js";

/** One table of the lake and the notebook that builds it. */
export interface Step {
  /** The table's name. */
  readonly name: string;
  readonly table: AnyTable;
  /** Absolute path of the notebook. */
  readonly notebook: string;
  /** Names of the parameters that the notebook declares. */
  readonly parameters: readonly string[];
  /** See `codeHash`. */
  readonly codeHash: string;
}

/** The notebook of a step, below the folder of notebooks: `gold/vendas.ipynb`; that of a star stands beside the gold tables. */
export function notebookOf(step: string): string {
  const [layer = "", name = ""] = step.split(".");
  return layer === "warehouse" ? `gold/warehouse_${name}.ipynb` : `${layer}/${name}.ipynb`;
}

/** Why a step has to run. */
export type Reason =
  | { readonly kind: "missing" }
  | { readonly kind: "full-refresh" }
  | { readonly kind: "code" }
  /** Its last run has failed after it had written. */
  | { readonly kind: "failed" }
  /** A source was deleted and built again. */
  | { readonly kind: "replaced"; readonly table: string }
  /** A source has lost the version that was read: it went back to an older one. */
  | { readonly kind: "reverted"; readonly table: string }
  | { readonly kind: "source"; readonly table: string; readonly consumed: number | undefined; readonly current: number }
  | { readonly kind: "files"; readonly count: number }
  | { readonly kind: "landing"; readonly problem: string }
  | { readonly kind: "day"; readonly closed: string | undefined; readonly day: string }
  /** Only in a plan: a star's warehouse cannot say what it holds. */
  | { readonly kind: "unknown"; readonly problem: string }
  /** Only in a plan: what this step reads is going to change. */
  | { readonly kind: "upstream"; readonly table: string };

/** A reason as people read it. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case "missing":
      return "never built";
    case "full-refresh":
      return "full refresh";
    case "code":
      return "notebook or contract changed";
    case "failed":
      return "failed after it had written";
    case "replaced":
      return `${reason.table} is another table now`;
    case "reverted":
      return `${reason.table} went back to an older version than was read`;
    case "source":
      return reason.consumed === undefined
        ? `${reason.table} was never read`
        : `${reason.table} went from version ${reason.consumed} to ${reason.current}`;
    case "files":
      return reason.count === 1 ? "1 file in landing" : `${reason.count} files in landing`;
    case "landing":
      return reason.problem;
    case "day":
      return reason.closed === undefined
        ? `day ${reason.day} is open`
        : `closed through ${reason.closed}, not ${reason.day}`;
    case "unknown":
      return `unknown: ${reason.problem}`;
    case "upstream":
      return `after ${reason.table}`;
  }
}

/** What the pipeline asks of the log of a stored table. */
export interface StoredTable
  extends Pick<Snapshot, "version" | "txn" | "txns" | "allTxns" | "domainMetadata" | "numRecords" | "commitInfo"> {
  readonly metadata: Pick<Snapshot["metadata"], "id">;
}

/** The lake as the pipeline sees it. */
export interface StoredTables {
  /** The newest version of a table; undefined when it does not exist. */
  snapshot(name: string): Promise<StoredTable | undefined>;
}

/** The last day that a table has closed; undefined when it closed none. */
export async function closedDay(stored: StoredTable | undefined): Promise<string | undefined> {
  const text = await stored?.domainMetadata(DAYS_DOMAIN);
  return text === undefined ? undefined : ((JSON.parse(text) as Partial<DayMark>).day ?? undefined);
}
