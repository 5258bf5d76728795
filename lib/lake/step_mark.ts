import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { currentRun } from "../run.js";

/** Domain of a table in which it keeps the code and parameters of the step that wrote it last. */
export const STEP_DOMAIN = "tslake.step";

/** What a step was when it last committed: it is stale when this differs. */
export interface StepMark {
  /** Hash of the notebook and the contract. */
  readonly codeHash: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The step has failed after it had committed: what it left is not finished. */
  readonly failed?: true;
}

/** The mark of a table's last step; undefined when it was never built by a run. */
export async function storedMark(snapshot: Snapshot | undefined): Promise<StepMark | undefined> {
  const text = await snapshot?.domainMetadata(STEP_DOMAIN);
  return text === undefined ? undefined : (JSON.parse(text) as StepMark);
}

/** The mark of the step that runs now; undefined outside a run and for tables that are not the step's own. */
export function currentMark(table: string): StepMark | undefined {
  const run = currentRun();
  if (run === undefined || run.step !== table) return undefined;
  const parameters = JSON.parse(process.env["TSLAKE_PARAMETERS"] ?? "{}") as StepMark["parameters"];
  return { codeHash: run.codeHash, parameters };
}

/**
 * Whether a table that is there is made anew as a whole: every write replaces it, other code or a step that failed wrote it,
 * or a full refresh is asked for. An append-only one never is.
 */
export async function needsRebuild(table: AnyTable, snapshot: Snapshot | undefined): Promise<boolean> {
  if (table.write === "append" || snapshot === undefined) return false;
  if (table.write === "overwrite") return true;
  const mark = currentMark(table.name);
  if (mark === undefined) return false;
  if (process.env["TSLAKE_FULL_REFRESH"] === "1") return true;
  const stored = await storedMark(snapshot);
  return stored?.codeHash !== mark.codeHash || stored.failed === true;
}

/** Equal marks, whatever the order of their keys. */
export function sameMark(a: StepMark | undefined, b: StepMark | undefined): boolean {
  const canonical = (mark: StepMark | undefined): string =>
    mark === undefined
      ? ""
      : JSON.stringify([mark.codeHash, Object.entries(mark.parameters).sort(), mark.failed === true]);
  return canonical(a) === canonical(b);
}
