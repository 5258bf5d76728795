import { nowMillis } from "../clock.js";
import type { Calendar, Dimension } from "../contract/dimension.js";
import type { Fact, Star } from "../contract/star.js";
import { DISPLAY, type Displayable, type MimeBundle } from "../display.js";
import { DuckdbEngine } from "../engine/duckdb/engine.js";
import { UsageError } from "../errors.js";
import { type SourceVersion, sourceVersion } from "../lake/consumed.js";
import type { Lake } from "../lake/lake.js";
import { currentMark } from "../lake/step_mark.js";
import { renderTable } from "../picture/table_view.js";
import { underWay } from "../progress.js";
import { Relation } from "../relation/relation.js";
import { at } from "../relation/untyped.js";
import { currentRun, report } from "../run.js";
import { field } from "../types.js";
import { calendarRows, withoutGaps, yearsTouched } from "./calendar_rows.js";
import type { RecordedLoad, Warehouse } from "./driver.js";
import { factRows } from "./fact_rows.js";
import type { Hold } from "./hold.js";
import { currentMembers, type Members, memberDimensions } from "./members.js";
import { type LoadOptions, type LoadPlan, planLoad } from "./plan_load.js";
import { recoverKeys } from "./recover_keys.js";
import { type Totals, totalsOf } from "./totals.js";
import { versionedMembers } from "./versions.js";
import { writeStar } from "./write_star.js";

/** What a load did. */
export interface LoadResult extends Displayable {
  readonly star: string;
  /** Number of the load. */
  readonly number: number;
  /** Rows of each table after the load. */
  readonly rows: Readonly<Record<string, number>>;
  /** Facts added by this load. */
  readonly inserted: number;
  /** Facts that refer to another version of a member since. */
  readonly updated: number;
}

/**
 * A load of a star: first what the warehouse lacks, then the keys of its members, which are recorded in the lake, then the
 * transaction. Beginning again after a crash anywhere ends with the same star.
 */
export class StarLoad {
  readonly plan: LoadPlan;
  readonly #lake: Lake;
  readonly #warehouse: Warehouse;
  readonly #found: Found;

  private constructor(lake: Lake, warehouse: Warehouse, plan: LoadPlan, found: Found) {
    this.#lake = lake;
    this.#warehouse = warehouse;
    this.plan = plan;
    this.#found = found;
  }

  /**
   * Finds out what is to be loaded and gives new members their keys.
   * @throws ConflictError, transient, when another load gives keys at the same time
   * @throws WarehouseError when the lake has given keys that the warehouse has to other members
   */
  static async begin(lake: Lake, star: Star, warehouse: Warehouse, options: LoadOptions = {}): Promise<StarLoad> {
    const plan = await planLoad(lake, star, warehouse, options);
    const duckdb = new DuckdbEngine(lake.engine);
    const hold: Hold = async (rows) => new Relation(await duckdb.hold(rows.node), lake);
    try {
      const members = new Map<Dimension | Calendar, Members>();
      for (const dimension of memberDimensions(star)) {
        await recoverKeys(lake, hold, warehouse, plan, dimension);
        const find = dimension.type === 2 ? versionedMembers : currentMembers;
        members.set(dimension, await find(lake, hold, plan, dimension));
      }
      const years = new Map<Calendar, readonly number[]>();
      for (const one of star.dimensions)
        if (one.kind === "calendar") years.set(one, await yearsTouched(plan, one, hold));
      const totals = new Map<Fact, Totals>();
      for (const fact of star.facts) totals.set(fact, await totalsOf(fact, plan, hold));
      if (isStepOf(star)) report({ read: await readRows(plan) });
      return new StarLoad(lake, warehouse, plan, { members, years, totals });
    } finally {
      await duckdb.close();
    }
  }

  /** The rows of a dimension that this load writes, in the order of their keys, without "não informado". */
  dimension(dimension: Dimension): Relation {
    const members = this.#found.members.get(dimension);
    if (members) return members.rows.orderBy((t) => [at(t, dimension.key)]);
    throw new UsageError(`${dimension.name} has no members in the lake`, { actual: dimension.name });
  }

  /** The facts that this load adds, in the order of their key. */
  fact(fact: Fact): Relation {
    const source = this.plan.sources.get(fact.source.name);
    const inOrder = (rows: Relation): Relation => rows.orderBy((t) => fact.key.map((name) => at(t, name)));
    if (source) return inOrder(factRows(fact, source.added, this.#found.members));
    throw new UsageError(`${fact.name} is not in ${this.plan.star.name}`, { actual: fact.name });
  }

  /**
   * Writes everything in one transaction; what is wrong with it is found before it ends.
   * @throws DataError for a star that breaks its promises: then the warehouse is as it was
   * @throws WarehouseError, also then, where another load came first or others have taken the star's names
   */
  commit(): Promise<LoadResult> {
    return underWay(`loading ${this.plan.star.name}`, () => this.#commit());
  }

  async #commit(): Promise<LoadResult> {
    const { plan } = this;
    const { star, last, definitions } = plan;
    const step = currentMark(star.name);
    const record: RecordedLoad = {
      star: star.name,
      number: (last?.number ?? 0) + 1,
      sources: { ...sourcesOf(plan), ...(await this.#keyMaps()) },
      definitions,
      step: step === undefined ? undefined : JSON.stringify(step),
    };
    const event = {
      runId: currentRun()?.runId,
      at: new Date(nowMillis()).toISOString().slice(0, 19).replace("T", " "),
    };
    const { members, years, totals } = this.#found;
    const content = {
      plan,
      members: [...members.values()],
      facts: [...totals].flatMap(([fact, sums]) => {
        const source = plan.sources.get(fact.source.name);
        if (source === undefined) return [];
        const pieces = source.pieces.map((piece) => factRows(fact, piece, members));
        return [{ fact, rows: factRows(fact, source.added, members), pieces, source: source.all, totals: sums }];
      }),
      calendarRows: (calendar: Calendar, before: readonly number[]) => {
        const wanted = withoutGaps([...before, ...(years.get(calendar) ?? [])]);
        return calendarRows(
          this.#lake,
          calendar,
          [...wanted].filter((year) => !before.includes(year)),
        );
      },
    };
    const written = await this.#warehouse.transaction(
      (transaction) => writeStar(transaction, this.#warehouse.dialect, content, record, event),
      plan.full === undefined ? {} : { replaces: star.name },
    );
    if (isStepOf(star)) {
      const { inserted, updated } = written;
      report({ written: inserted + updated, inserted, updated });
    }
    return { star: star.name, number: record.number, ...written, [DISPLAY]: () => shown(record, written.rows) };
  }

  /** The key maps as they are when all keys are given. */
  async #keyMaps(): Promise<RecordedLoad["sources"]> {
    const found: [string, SourceVersion][] = [];
    for (const { name } of this.plan.star.keyMaps) {
      const snapshot = await this.#lake.snapshot(name);
      if (snapshot) found.push([name, await sourceVersion(snapshot)]);
    }
    return Object.fromEntries(found);
  }

  [DISPLAY](): MimeBundle {
    const { plan } = this;
    const fields = [field("tabela", "string"), field("carregada", "long"), field("atual", "long")];
    const rows = [...plan.sources].map(([name, { version }]) => ({
      tabela: name,
      carregada: plan.last?.sources[name]?.version ?? null,
      atual: version?.version ?? null,
    }));
    return renderTable(fields, rows, plan.full === undefined ? "only new rows" : `everything: ${plan.full}`);
  }
}

/** What a load has found out before its transaction. */
interface Found {
  readonly members: ReadonlyMap<Dimension | Calendar, Members>;
  /** That the loaded rows touch. */
  readonly years: ReadonlyMap<Calendar, readonly number[]>;
  readonly totals: ReadonlyMap<Fact, Totals>;
}

function shown(record: RecordedLoad, rows: Readonly<Record<string, number>>): MimeBundle {
  const fields = [field("tabela", "string"), field("linhas", "long")];
  return renderTable(
    fields,
    Object.entries(rows).map(([tabela, linhas]) => ({ tabela, linhas })),
    `load ${record.number} of ${record.star}`,
  );
}

function sourcesOf({ sources }: LoadPlan): RecordedLoad["sources"] {
  return Object.fromEntries(
    [...sources].flatMap(([name, { version }]) => (version === undefined ? [] : [[name, version]])),
  );
}

function isStepOf(star: Star): boolean {
  return currentRun()?.step === star.name;
}

async function readRows({ star, sources }: LoadPlan): Promise<number> {
  const names = new Set(star.facts.map((fact) => fact.source.name));
  let rows = 0;
  for (const name of names) rows += (await sources.get(name)?.added.count()) ?? 0;
  return rows;
}
