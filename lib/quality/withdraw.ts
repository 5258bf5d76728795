import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import { consumedOf, divergence, sourceVersion } from "../lake/consumed.js";
import type { Lake } from "../lake/lake.js";
import type { Relation } from "../relation/relation.js";
import type { TextColumn } from "../relation/text_column.js";
import { contentColumns, firstOccurrences, placeOf } from "./occurrences.js";
import { onlyWithdrawn, WITHDRAWN_DOMAIN, type Withdrawals, withdrawals, withoutWithdrawn } from "./withdrawals.js";

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

/** An extension as `arquivo_de_origem` leaves it out. */
const EXTENSION = "\\.[A-Za-z0-9]+(\\.gz)?$";

/**
 * Takes a file's sales, or one sale, out of silver and gold and records it: the rows of the file, or all rows so far that
 * are identical to the sale's, count no more. A sale of the file that another file also holds stays, and is known from
 * then on by its first row that counts. Silver comes first: when this breaks off, the next run finds rows gone from silver
 * and makes gold anew.
 * @param what archived name of a file (with or without extension), or a `venda_id`
 * @throws UsageError when there is no such file or sale, more than one, or it is withdrawn already
 */
export async function withdraw(lake: Lake, tables: SaleTables, what: string): Promise<Withdrawn> {
  const { silver, gold } = tables;
  const snapshot = await lake.snapshot(silver.name);
  const next = snapshot === undefined ? undefined : await withdrawalsWith(lake, tables, what);
  if (snapshot === undefined || next === undefined) {
    throw new UsageError(`nothing to withdraw: no sale comes from ${what}`, {
      expected: "an archived file name, or a venda_id",
      actual: what,
      remedy: `npx tslake show ${silver.name} lists them`,
    });
  }
  const moves = await movesOf(lake, tables, next);
  const domains = { [WITHDRAWN_DOMAIN]: next };
  const done = await lake.move(silver, moves, { domains, readVersion: snapshot.version });
  const removed: Record<string, number> = { [silver.name]: done.metrics["deleted"] ?? 0 };
  const now = await lake.snapshot(silver.name, { version: done.version });
  for (const table of gold) removed[table.name] = await moveInGold(lake, table, silver.name, moves, now);
  return { removed };
}

/** What is withdrawn once this is too; undefined when it is no sale and no file. */
async function withdrawalsWith(
  lake: Lake,
  { source, silver }: SaleTables,
  what: string,
): Promise<Withdrawals | undefined> {
  const known = await withdrawals(lake, silver);
  const rows = lake.read(source);
  const sales = lake.read(silver);
  if ((await sales.filter((t) => (t["venda_id"] as TextColumn).eq(what)).count()) > 0) {
    return { files: known.files, ids: sorted([...known.ids, ...(await placesOfSale(rows, known, what))]) };
  }
  const file = await fileCalled(rows, what);
  if (file === undefined) return undefined;
  if (known.files.includes(file)) {
    throw new UsageError(`nothing to withdraw: ${file} is withdrawn already`, {
      expected: "a file whose rows count",
      actual: what,
      remedy: `npx tslake show ${silver.name} lists the sales that are there, with their files`,
    });
  }
  return { files: sorted([...known.files, file]), ids: known.ids };
}

/** Where rows stand that are identical to a sale's and count. */
async function placesOfSale(rows: Relation, known: Withdrawals, sale: string): Promise<readonly string[]> {
  const own = rows.filter((t) => placeOf(t).eq(sale));
  const identical = withoutWithdrawn(rows, known).semiJoin(own, contentColumns(rows), { nullsEqual: true });
  const places = await identical.select((t) => ({ place: placeOf(t) })).collect();
  return [sale, ...places.map(({ place }) => String(place))];
}

/** The archived file of exactly this name; if there is none, of this name before its extensions. */
async function fileCalled(rows: Relation, name: string): Promise<string | undefined> {
  const files = (await rows.select(["_file"]).distinct().collect()).map((row) => String(row["_file"]));
  if (files.includes(name)) return name;
  const called = files.filter((file) => file.replace(new RegExp(EXTENSION), "") === name).sort();
  if (called.length <= 1) return called[0];
  throw new UsageError(`more than one file is called ${name}`, {
    expected: "an archived file name that only one file has",
    actual: called.join(", "),
    remedy: "name one of them with its extension",
  });
}

/**
 * The sales whose own row counts no more, by `venda_id`, and where the first identical row that does count has them from:
 * nulls when there is none.
 */
async function movesOf(lake: Lake, { source, silver }: SaleTables, gone: Withdrawals): Promise<Relation> {
  const rows = lake.read(source);
  const columns = contentColumns(rows);
  const sales = lake.read(silver).select(["venda_id"]);
  const placed = onlyWithdrawn(rows, gone).extend((t) => ({ venda_id: placeOf(t) }));
  const leaving = await lake.materialize(placed.semiJoin(sales, ["venda_id"]).select([...columns, "venda_id"]));
  const heirs = firstOccurrences(withoutWithdrawn(rows, gone).semiJoin(leaving, columns, { nullsEqual: true })).extend(
    (t) => ({
      new_venda_id: placeOf(t),
      new_arquivo_de_origem: (t["_file"] as TextColumn).replaceRegex(EXTENSION, ""),
    }),
  );
  const moved = ["new_venda_id", "new_arquivo_de_origem"];
  const joined = leaving.leftJoin(heirs.select([...columns, ...moved]), columns, { nullsEqual: true });
  return lake.materialize(joined.select(["venda_id", ...moved]) as Relation);
}

/** Gold that had taken all of silver is in step with it afterwards; any other is made anew by its next run. */
async function moveInGold(
  lake: Lake,
  table: AnyTable,
  silver: string,
  moves: Relation,
  moved: Snapshot | undefined,
): Promise<number> {
  const snapshot = await lake.snapshot(table.name);
  const consumed = snapshot && (await consumedOf(snapshot, [silver])).get(silver);
  if (consumed === undefined || moved === undefined) return 0;
  const { metrics } = await lake.move(table, moves);
  const wasInStep = consumed.version === moved.version - 1 && (await divergence(consumed, moved)) === undefined;
  if (wasInStep) await lake.markConsumed(table, silver, await sourceVersion(moved));
  return metrics["deleted"] ?? 0;
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
