import type { Catalog } from "../contract/catalog.js";
import type { AnyTable } from "../contract/define_table.js";
import { consumedOf, divergence } from "../lake/consumed.js";
import { STEP_DOMAIN, type StepMark } from "../lake/step_mark.js";
import type { LandingView } from "./landing.js";
import { closedDay, type Reason, type Step, type StoredTable, type StoredTables } from "./step.js";

/** What a step's freshness is measured by. */
export interface Circumstances {
  readonly catalog: Catalog;
  readonly stored: StoredTables;
  readonly landing: LandingView;
  /** Names of the tables whose notebooks declare `date`: they process days. */
  readonly dated: ReadonlySet<string>;
  /** The logical day. */
  readonly day: string;
  readonly fullRefresh: boolean;
}

/**
 * Why a step has to run now; empty when it is fresh. All that is asked stands in the tables' own logs: what the step has
 * consumed, the code that made it, the days that it closed.
 */
export async function staleness(step: Step, circumstances: Circumstances): Promise<readonly Reason[]> {
  const { stored, landing, fullRefresh } = circumstances;
  const target = await stored.snapshot(step.name);
  const reasons: Reason[] = [];
  const files = landing.waiting.get(step.name)?.length ?? 0;
  if (target === undefined) reasons.push({ kind: "missing" });
  if (fullRefresh && step.table.landing === undefined) reasons.push({ kind: "full-refresh" });
  if (files > 0) reasons.push({ kind: "files", count: files });
  const problem = landing.unreadable.get(step.name);
  if (problem !== undefined) reasons.push({ kind: "landing", problem });
  if (target === undefined) return reasons;
  const recorded = await target.domainMetadata(STEP_DOMAIN);
  const last = recorded === undefined ? undefined : (JSON.parse(recorded) as Partial<StepMark>);
  if (last?.failed) reasons.push({ kind: "failed" });
  if (last?.codeHash !== step.codeHash) reasons.push({ kind: "code" });
  reasons.push(...(await sourceReasons(target, consumedBy(step.table), stored)));
  if (circumstances.dated.has(step.name))
    reasons.push(...(await dayReasons(step, last?.parameters?.["date"], circumstances)));
  return reasons;
}

/** Sources that are not those, or not at those versions, that the table was made from. */
async function sourceReasons(
  target: StoredTable,
  names: readonly string[],
  stored: StoredTables,
): Promise<readonly Reason[]> {
  const reasons: Reason[] = [];
  const versions = await consumedOf(target, names);
  for (const table of names) {
    const source = await stored.snapshot(table);
    if (source === undefined) continue;
    const version = versions.get(table);
    const diverged = await divergence(version, source);
    const [consumed, current] = [version?.version, source.version];
    if (diverged !== undefined) reasons.push({ kind: diverged, table });
    else if (consumed === undefined || consumed < current) reasons.push({ kind: "source", table, consumed, current });
  }
  return reasons;
}

/** The tables whose rows a table takes: the others of its calendar only tell it that days have begun to close. */
function consumedBy(table: AnyTable): readonly string[] {
  return table.calendar === undefined ? table.reads : table.reads.slice(0, 1);
}

/**
 * A history is stale until it has closed the logical day, or as much of it as its sources have; one that has closed none,
 * once there is an event anywhere. Any other table that takes a day is stale when it was made for another one.
 */
async function dayReasons(step: Step, made: unknown, circumstances: Circumstances): Promise<readonly Reason[]> {
  const { stored, dated } = circumstances;
  const closed = await closedDay(await stored.snapshot(step.name));
  if (closed === undefined && step.table.write !== "append") {
    return made === circumstances.day ? [] : [{ kind: "day", closed, day: circumstances.day }];
  }
  let { day } = circumstances;
  for (const source of step.table.reads.filter((name) => dated.has(name))) {
    const reached = await closedDay(await stored.snapshot(source));
    if (reached === undefined) return [];
    if (reached < day) day = reached;
  }
  if (closed === undefined ? !(await hasEvents(circumstances)) : closed >= day) return [];
  return [{ kind: "day", closed, day }];
}

/** True when a source of the dated tables holds a row: from then on they all close their days. */
async function hasEvents({ catalog, stored, dated }: Circumstances): Promise<boolean> {
  const sources = new Set([...dated].flatMap((name) => catalog.table(name).reads.filter((read) => !dated.has(read))));
  for (const source of sources) {
    const table = await stored.snapshot(source);
    if (table !== undefined && (await table.numRecords()) !== 0n) return true;
  }
  return false;
}
