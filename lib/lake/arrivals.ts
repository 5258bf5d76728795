import type { AnyTable, ShapeOfTable } from "../contract/define_table.js";
import { max } from "../relation/aggregate.js";
import type { Relation } from "../relation/relation.js";
import type { TimestampColumn } from "../relation/time_column.js";
import { consumedOf, divergence } from "./consumed.js";
import type { Lake } from "./lake.js";
import { untellable } from "./new_rows.js";
import { needsRebuild } from "./step_mark.js";

/** Domain of a table in which it keeps what it has taken from each landing table. */
const ARRIVALS_DOMAIN = "tslake.arrivals";

/** What has come into a landing table since another table last looked. */
export interface Arrivals<T extends AnyTable> {
  /** Rows that the target has not taken. */
  readonly rows: Relation<ShapeOfTable<T>>;
  /** Rows that it has taken before; none when it is rebuilt. */
  readonly earlier: Relation<ShapeOfTable<T>>;
  /** Whether the target is made anew from all rows. */
  readonly rebuild: boolean;
  /** Moments of arrival: rows after `after` and up to `until` are new; null for the beginning, or for no row at all. */
  readonly after: string | null;
  readonly until: string | null;
  /** To be written with the rows: what the next run needs to know, and the version that this was decided on. */
  readonly domains: Readonly<Record<string, unknown>>;
  readonly readVersion: number | null;
}

/**
 * Rows of a landing table by the moment of their arrival, so that compaction and clean-up of its log change nothing. All of
 * them where the table is another one than that which was read, or went back to an older version.
 * @throws DataError for an append-only target then: its rows would come twice
 */
export async function arrivals<T extends AnyTable>(lake: Lake, target: AnyTable, source: T): Promise<Arrivals<T>> {
  const snapshot = await lake.snapshot(target.name);
  const all = lake.read(source) as Relation<ShapeOfTable<T>>;
  const consumed = snapshot && (await consumedOf(snapshot, [source.name])).get(source.name);
  const diverged = (await divergence(consumed, await lake.pinned(all))) !== undefined;
  if (diverged && target.write === "append") throw untellable(target, source);
  const rebuild = diverged || (await needsRebuild(target, snapshot));
  const marks = JSON.parse((await snapshot?.domainMetadata(ARRIVALS_DOMAIN)) ?? "{}") as Readonly<
    Record<string, string>
  >;
  const after = rebuild ? null : (marks[source.name] ?? null);
  const arrived = (t: unknown): TimestampColumn => (t as { readonly _ingested_at: TimestampColumn })._ingested_at;
  const [newest] = await all
    .groupBy()
    .aggregate((t) => ({ until: max(arrived(t)) }))
    .collect();
  const until = (newest?.until ?? null) as string | null;
  return {
    rows: after === null ? all : all.filter((t) => arrived(t).gt(after)),
    earlier: after === null ? all.limit(0) : all.filter((t) => arrived(t).le(after)),
    rebuild,
    after,
    until,
    domains: until === null ? {} : { [ARRIVALS_DOMAIN]: { ...marks, [source.name]: until } },
    readVersion: snapshot?.version ?? null,
  };
}
