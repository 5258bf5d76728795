import {
  type Calendar,
  type Dimension,
  isTableName,
  KEY_MAP,
  UNKNOWN_KEY,
  UNKNOWN_TEXT,
} from "../contract/dimension.js";
import type { Fact, Star, StarView } from "../contract/star.js";
import { READABLE_SQL } from "../contract/view_sql.js";
import type { Relation } from "../relation/relation.js";
import { at } from "../relation/untyped.js";
import { checkFact, checkOrphans, checkVersions, keyRanges, type Stage } from "./checks.js";
import type { Dialect, RecordedLoad, WarehouseTable, WarehouseTransaction } from "./driver.js";
import type { Members } from "./members.js";
import type { LoadPlan } from "./plan_load.js";
import {
  LOADS,
  type LoadEvent,
  ownNames,
  recordedLoads,
  recordLoad,
  refuseOtherLoad,
  refuseStrangers,
} from "./record.js";
import { identifier, identifiers, literal, matches } from "./sql.js";
import { dimensionTable, factTable, tablesOf } from "./star_tables.js";
import type { Totals } from "./totals.js";
import { factKeyName } from "./versions.js";

/** Everything that a transaction writes. */
export interface StarContent {
  readonly plan: LoadPlan;
  readonly members: readonly Members[];
  readonly facts: readonly FactContent[];
  /** The days that a calendar lacks, given the years that it has. */
  calendarRows(calendar: Calendar, years: readonly number[]): Relation;
}

/** What a load adds to a fact table. */
export interface FactContent {
  readonly fact: Fact;
  readonly rows: Relation;
  /** The same in parts. */
  readonly pieces: readonly Relation[];
  /** All rows of the source, and what they add up to. */
  readonly source: Relation;
  readonly totals: Totals;
}

/** What was written. */
export interface WrittenStar {
  /** Of each table after the load. */
  readonly rows: Readonly<Record<string, number>>;
  /** Facts. */
  readonly inserted: number;
  readonly updated: number;
}

/**
 * Writes a star within a transaction and checks what came of it.
 * @throws WarehouseError, before anything is changed, where another load came first or others have taken the star's names
 * @throws DataError for a star that breaks its promises
 */
export async function writeStar(
  transaction: WarehouseTransaction,
  dialect: Dialect,
  content: StarContent,
  record: RecordedLoad,
  event: LoadEvent,
): Promise<WrittenStar> {
  const load = new Writing(transaction, dialect, content);
  const { plan, facts } = content;
  const full = plan.full !== undefined;
  await load.makeTables();
  for (const dimension of plan.star.dimensions) if (dimension.kind === "calendar") await load.calendar(dimension);
  let [inserted, updated] = [0, 0];
  for (const members of content.members)
    updated += full ? await load.replaceMembers(members) : await load.changeMembers(members);
  const rows: Record<string, number> = {};
  for (const content of facts) {
    inserted += full ? await load.replaceFacts(content) : await load.addFacts(content);
    rows[content.fact.name] = await checkFact(transaction, load.stage, content);
  }
  if (full) await load.finishTables();
  await load.finishViews();
  await recordLoad(transaction, record, event);
  return { rows: await load.counts(rows), inserted, updated };
}

class Writing {
  readonly #transaction: WarehouseTransaction;
  readonly #dialect: Dialect;
  readonly #content: StarContent;
  #newViews: readonly StarView[] = [];

  constructor(transaction: WarehouseTransaction, dialect: Dialect, content: StarContent) {
    this.#transaction = transaction;
    this.#dialect = dialect;
    this.#content = content;
  }

  /** Puts rows into a table that goes with the transaction. */
  readonly stage: Stage = async (name, like, rows) => {
    const table = { name, columns: like.columns };
    await this.#transaction.createStaging(table);
    await this.#transaction.load(table, rows);
  };

  /**
   * The tables of the star as they are defined now; those that were defined otherwise are made anew. Views that need to be
   * are dropped, and everything that is no part of the star any more; the others stay as they are, with what people have
   * granted on them or built upon them.
   */
  async makeTables(): Promise<void> {
    const { plan } = this.#content;
    const there = await this.#transaction.columns();
    const recorded = await recordedLoads(this.#transaction, there);
    if (plan.full === undefined) refuseOtherLoad(recorded, plan.star.name, plan.last?.number ?? 0);
    refuseStrangers(recorded, plan.star.name, there, Object.keys(plan.definitions));
    const last = recorded.find((load) => load.star === plan.star.name);
    const isKept: IsKept = ({ name }) => last?.definitions[name] === plan.definitions[name];
    if (!there.has(LOADS.name)) {
      await this.#transaction.createTable(LOADS);
      await this.#run(this.#dialect.comments("TABLE", LOADS));
    }
    // In the order in which they were made: tables, then views.
    const own = [...ownNames(recorded, plan.star.name)];
    const removed = own.filter((name) => plan.definitions[name] === undefined);
    this.#newViews = viewsToMake(plan.star, isKept, removed);
    const dropped = new Set([...removed, ...this.#newViews.map(({ name }) => name)]);
    for (const name of own.reverse().filter((name) => dropped.has(name)))
      await this.#run([isTableName(name) ? this.#dialect.dropTable(name) : this.#dialect.dropView(name)]);
    if (plan.full !== undefined) await this.#emptyTables(there, isKept);
  }

  async calendar(calendar: Calendar): Promise<void> {
    const key = identifier(calendar.key);
    const { rows } = await this.#transaction.query(
      `SELECT DISTINCT CAST(FLOOR(${key} / 10000) AS INTEGER) AS year FROM ${identifier(calendar.name)} WHERE ${key} > 0`,
    );
    const years = rows.map(({ year }) => Number(year));
    await this.#transaction.load(dimensionTable(calendar), this.#content.calendarRows(calendar, years));
  }

  async replaceMembers({ dimension, rows }: Members): Promise<number> {
    await this.#transaction.load(dimensionTable(dimension), rows);
    if (dimension.type === 2) await checkVersions(this.#transaction, dimension, dimension.name);
    return 0;
  }

  /** Puts members in the place of what was known of them, and points facts to the versions that are theirs now. */
  async changeMembers(members: Members): Promise<number> {
    const { dimension, rows } = members;
    const table = dimensionTable(dimension);
    const staged = `tslake_${dimension.name}`;
    const natural = dimension.naturalKey.map((column) => column.name);
    const by = dimension.type === 2 ? natural : [dimension.key];
    await this.stage(staged, table, rows);
    const name = identifier(dimension.name);
    const same = `EXISTS (SELECT 1 FROM ${identifier(staged)} s WHERE ${matches(by, "s", name)})`;
    const gone = dimension.type === 2 ? await this.#vanishing(dimension, staged, same) : [];
    await this.#transaction.execute(`DELETE FROM ${name} WHERE ${same}`);
    const names = identifiers(table.columns.map((column) => column.name));
    await this.#transaction.execute(`INSERT INTO ${name} (${names}) SELECT ${names} FROM ${identifier(staged)}`);
    if (dimension.type === 1) return 0;
    await checkVersions(this.#transaction, dimension, staged);
    return this.#pointAgain(members, gone);
  }

  async replaceFacts({ fact, rows, pieces }: FactContent): Promise<number> {
    const inserted = await this.#transaction.load(factTable(fact), rows, pieces);
    const ranges = await keyRanges(this.#transaction, fact);
    await checkOrphans(this.#transaction, fact, identifier(fact.name), { ranges });
    return inserted;
  }

  async addFacts({ fact, rows, pieces }: FactContent): Promise<number> {
    const table = factTable(fact);
    const staged = { name: `tslake_${fact.name}`, columns: table.columns };
    await this.#transaction.createStaging(staged);
    await this.#transaction.load(staged, rows, pieces);
    await checkOrphans(this.#transaction, fact, identifier(staged.name));
    const names = identifiers(table.columns.map((column) => column.name));
    return this.#transaction.execute(
      `INSERT INTO ${identifier(fact.name)} (${names}) SELECT ${names} FROM ${identifier(staged.name)}`,
    );
  }

  /** What new tables get when their rows are in them: indexes, descriptions. */
  async finishTables(): Promise<void> {
    const { star } = this.#content.plan;
    for (const table of tablesOf(star)) await this.#run(this.#dialect.afterLoad(table));
    for (const table of tablesOf(star)) await this.#run(this.#dialect.comments("TABLE", table));
  }

  /** The views that are made anew; descriptions of all where everything is loaded. */
  async finishViews(): Promise<void> {
    const { star, full } = this.#content.plan;
    for (const view of this.#newViews) await this.#run(this.#dialect.createView(view));
    for (const view of full === undefined ? this.#newViews : star.views) {
      const columns = Object.entries(view.columns).map(([name, description]) => ({ name, description }));
      await this.#run(this.#dialect.comments("VIEW", { name: view.name, description: view.description, columns }));
    }
  }

  /** @param known those of tables that were counted already */
  async counts(known: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
    const names = tablesOf(this.#content.plan.star).map((table) => table.name);
    const selects = names
      .filter((name) => known[name] === undefined)
      .map((name) => `(SELECT COUNT(*) FROM ${identifier(name)}) AS ${identifier(name)}`);
    const { rows } = await this.#transaction.query(`SELECT ${selects.join(", ")}`);
    return Object.fromEntries(names.map((name) => [name, known[name] ?? Number(rows[0]?.[name] ?? 0)]));
  }

  /** All tables of the star, without rows but those that stand for "não informado". */
  async #emptyTables(there: ReadonlyMap<string, unknown>, isKept: IsKept): Promise<void> {
    const { star } = this.#content.plan;
    for (const table of tablesOf(star)) {
      if (isKept(table)) {
        await this.#run([this.#dialect.clear(table.name)]);
        continue;
      }
      if (there.has(table.name)) await this.#run([this.#dialect.dropTable(table.name)]);
      await this.#transaction.createTable(table);
    }
    await this.#run(star.dimensions.map((dimension) => unknownMember(dimensionTable(dimension))));
  }

  /** Keys of versions of the touched members that are no more. */
  async #vanishing(dimension: Dimension, staged: string, same: string): Promise<readonly bigint[]> {
    const [name, key] = [identifier(dimension.name), identifier(dimension.key)];
    const { rows } = await this.#transaction.query(
      `SELECT ${key} FROM ${name} WHERE ${same} AND NOT EXISTS (SELECT 1 FROM ${identifier(staged)} k WHERE k.${key} = ${name}.${key})`,
    );
    return rows.map((row) => BigInt(String(row[dimension.key])));
  }

  async #pointAgain(members: Members, gone: readonly bigint[]): Promise<number> {
    const { dimension, facts } = members;
    if (facts === undefined) return 0;
    let updated = 0;
    for (const fact of this.#content.plan.star.facts) {
      for (const { column } of fact.keys.filter((key) => key.dimension === dimension)) {
        const staged = `tslake_${fact.name}_${column.name}`;
        const key = fact.taken.filter(({ name }) => fact.key.includes(name));
        const columns = factTable(fact).columns.filter(({ name }) => name === column.name || fact.key.includes(name));
        const rows = facts.select((t) =>
          Object.fromEntries(
            columns.map(({ name }) => {
              const source = key.find((one) => one.name === name)?.source;
              return [name, at(t, source === undefined ? KEY_MAP.key : factKeyName(source))];
            }),
          ),
        );
        await this.stage(staged, { columns }, rows);
        const [own, other] = [identifier(column.name), identifier(fact.name)];
        updated += await this.#transaction.execute(
          `UPDATE ${other} SET ${own} = s.${own} FROM ${identifier(staged)} s WHERE ${matches(fact.key, "s", other)} AND ${other}.${own} <> s.${own}`,
        );
        if (gone.length > 0) {
          const left = `(SELECT * FROM ${other} WHERE ${own} IN (${gone.join(", ")}))`;
          await checkOrphans(this.#transaction, fact, left, { keys: [{ column, dimension, by: [] }] });
        }
      }
    }
    return updated;
  }

  async #run(statements: readonly string[]): Promise<void> {
    for (const sql of statements) await this.#transaction.execute(sql);
  }
}

/** Whether a table or view is there and defined as it should be. */
type IsKept = (of: { readonly name: string }) => boolean;

/** Views that are not kept, and those that say anything about what is not or is removed: in the order in which they can be made. */
function viewsToMake(star: Star, isKept: IsKept, removed: readonly string[]): readonly StarView[] {
  const renewed = new Set([...removed, ...tablesOf(star).flatMap((table) => (isKept(table) ? [] : [table.name]))]);
  const made: StarView[] = [];
  for (const view of star.views) {
    const named = view.select(READABLE_SQL).toLowerCase().match(/\w+/g) ?? [];
    if (isKept(view) && !named.some((name) => renewed.has(name))) continue;
    renewed.add(view.name);
    made.push(view);
  }
  return made;
}

/** The row that stands for "não informado". */
function unknownMember({ name, columns, key }: WarehouseTable): string {
  const values = columns.map((column) => {
    if (key.includes(column.name)) return String(UNKNOWN_KEY);
    if (column.type === "string") return literal(UNKNOWN_TEXT);
    return column.nullable ? "NULL" : "TRUE";
  });
  return `INSERT INTO ${identifier(name)} (${identifiers(columns.map((column) => column.name))}) VALUES (${values.join(", ")})`;
}
