import type { AnyTable } from "../contract/define_table.js";
import { UsageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import type { LongColumn } from "../relation/number_column.js";
import type { Relation } from "../relation/relation.js";
import type { TextColumn } from "../relation/text_column.js";
import { concat } from "../relation/when.js";

/** Domain of a table in which it keeps what was withdrawn from it, so that no replay brings it back. */
const WITHDRAWN_DOMAIN = "tslake.withdrawn";

/** Archived files, and single rows as `file:line`, whose rows count no more. */
export interface Withdrawals {
  readonly files: readonly string[];
  readonly ids: readonly string[];
}

/** What was withdrawn from a table so far. */
export async function withdrawals(lake: Lake, table: AnyTable): Promise<Withdrawals> {
  const text = await (await lake.snapshot(table.name))?.domainMetadata(WITHDRAWN_DOMAIN);
  return text === undefined ? { files: [], ids: [] } : (JSON.parse(text) as Withdrawals);
}

/** Source rows without those of withdrawn files and without withdrawn rows. */
export function withoutWithdrawn(rows: Relation, { files, ids }: Withdrawals): Relation {
  const file = (t: Relation["columns"]): TextColumn => t["_file"] as TextColumn;
  const kept =
    files.length === 0
      ? rows
      : rows.filter((t) =>
          file(t)
            .isIn(...files)
            .not(),
        );
  if (ids.length === 0) return kept;
  return kept.filter((t) =>
    concat(file(t), ":", (t["_row"] as LongColumn).cast("string"))
      .isIn(...ids)
      .not(),
  );
}

/** What a withdrawal did. */
export interface Withdrawn {
  /** Rows removed, by table. */
  readonly removed: Readonly<Record<string, number>>;
}

/** Tables of one kind of sale: where its rows arrive, and those that hold it, in the order in which they are built. */
export interface SaleTables {
  readonly source: AnyTable;
  readonly silver: AnyTable;
  readonly gold: readonly AnyTable[];
}

/**
 * Takes a file's sales, or one sale, out of silver and gold and records it. A row of the file that another file also
 * holds stays. Silver comes first: when this breaks off, the next run finds rows gone from silver and makes gold anew.
 * @param what archived name of a file (with or without extension), or a `venda_id`
 * @throws UsageError when there is no such file or sale
 */
export async function withdraw(lake: Lake, tables: SaleTables, what: string): Promise<Withdrawn> {
  const { source, silver, gold } = tables;
  const version = (await lake.snapshot(silver.name))?.version ?? null;
  const known = await withdrawals(lake, silver);
  const sales = await lake.materialize(
    lake.read(silver).filter((t) =>
      text(t, "venda_id")
        .eq(what)
        .or(text(t, "arquivo_de_origem").eq(withoutExtension(what))),
    ) as unknown as Relation,
  );
  const rows = await sales.collect();
  if (rows.length === 0) {
    throw new UsageError(`nothing to withdraw: no sale comes from ${what}`, {
      expected: "an archived file name, or a venda_id",
      actual: what,
      remedy: `npx tslake show ${silver.name} lists them`,
    });
  }
  const single = rows.some((row) => row["venda_id"] === what);
  const files = single ? [] : [...new Set(rows.map((row) => fileOf(String(row["venda_id"]))))];
  const next: Withdrawals = single
    ? { files: known.files, ids: sorted([...known.ids, what]) }
    : { files: sorted([...known.files, ...files]), ids: known.ids };
  const leaving = single ? sales : await notHeldElsewhere(lake, source, sales, next);
  const keys = leaving.select(["venda_id"]) as unknown as Relation;
  const done = await lake.delete(silver, keys, { domains: { [WITHDRAWN_DOMAIN]: next }, readVersion: version });
  const removed: Record<string, number> = { [silver.name]: done.metrics["deleted"] ?? 0 };
  for (const table of gold) removed[table.name] = await removeFromGold(lake, table, silver.name, keys, done.version);
  return { removed };
}

/** Gold that had taken all of silver is in step with it afterwards; any other is made anew by its next run. */
async function removeFromGold(
  lake: Lake,
  table: AnyTable,
  silver: string,
  keys: Relation,
  version: number,
): Promise<number> {
  const taken = await (await lake.snapshot(table.name))?.txn(`source:${silver}`);
  if (taken === undefined) return 0;
  const { metrics } = await lake.delete(table, keys);
  if (taken === BigInt(version - 1)) await lake.markConsumed(table, silver, version);
  return metrics["deleted"] ?? 0;
}

/** The sales whose source row no other file holds that still counts. */
async function notHeldElsewhere(lake: Lake, source: AnyTable, sales: Relation, next: Withdrawals): Promise<Relation> {
  const all = lake.read(source) as unknown as Relation;
  const columns = all.columnNames.filter((name) => !["_file", "_row", "_ingested_at"].includes(name));
  const identified = all.extend((t) => ({
    venda_id: concat(text(t, "_file"), ":", (t["_row"] as LongColumn).cast("string")),
  })) as unknown as Relation;
  const own = identified.semiJoin(sales, ["venda_id"]);
  const others = withoutWithdrawn(all, { files: next.files, ids: [] });
  const leaving = own.antiJoin(others, columns, { nullsEqual: true });
  return lake.materialize(sales.semiJoin(leaving, ["venda_id"]));
}

function text(t: Relation["columns"], name: string): TextColumn {
  return t[name] as TextColumn;
}

function fileOf(id: string): string {
  return id.slice(0, id.lastIndexOf(":"));
}

function withoutExtension(name: string): string {
  return name.replace(/\.[A-Za-z0-9]+(\.gz)?$/, "");
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
