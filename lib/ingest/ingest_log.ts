import { ConflictError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import type { TextColumn } from "../relation/text_column.js";
import type { LandingTable } from "./intake.js";

/** Domain of a landing table in which it keeps the moment of the newest arrival, in microseconds since the epoch. */
const INGEST_DOMAIN = "tslake.ingest";

/** What a landing table's log knows about the files that it has taken. */
export class IngestLog {
  readonly #lake: Lake;
  readonly #table: LandingTable;
  #newest: bigint;
  #version: number | null;

  private constructor(lake: Lake, table: LandingTable, { newest, version }: State) {
    this.#lake = lake;
    this.#table = table;
    this.#newest = newest;
    this.#version = version;
  }

  static async open(lake: Lake, table: LandingTable): Promise<IngestLog> {
    return new IngestLog(lake, table, await stateOf(lake, table));
  }

  /** By hash, the arrival of those contents among these that are taken, in milliseconds since the epoch. */
  async arrivals(hashes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const snapshot = await this.#lake.snapshot(this.#table.name);
    const taken = (await snapshot?.txns(hashes.map(fileAppId))) ?? new Map<string, bigint>();
    return new Map([...taken].map(([appId, arrivedAt]) => [appId.slice(fileAppId("").length), Number(arrivedAt)]));
  }

  /** Whether no row came from a file that is archived under this name. */
  async isFree(archived: string): Promise<boolean> {
    if ((await this.#lake.snapshot(this.#table.name)) === undefined) return true;
    const rows = this.#lake.read(this.#table).filter((t) => (t["_file"] as TextColumn).eq(archived));
    return (await rows.limit(1).count()) === 0;
  }

  /**
   * The moment at which the next commit's rows arrive: after those of every commit before, and not before `now`.
   * Microseconds since the epoch.
   */
  nextArrival(now: bigint): bigint {
    return now > this.#newest ? now : this.#newest + 1n;
  }

  /** What the commit of newly arrived files records: by hash, when each arrived; and the version that it follows. */
  marks(at: bigint, arrivals: ReadonlyMap<string, number>) {
    return {
      txns: Object.fromEntries([...arrivals].map(([hash, arrivedAt]) => [fileAppId(hash), arrivedAt])),
      domains: { [INGEST_DOMAIN]: { newest: String(at) } },
      readVersion: this.#version,
    };
  }

  /** Says that such a commit was made. */
  advance(at: bigint): void {
    this.#newest = at;
  }

  /** @throws ConflictError when another process has committed files since this one looked; look again */
  async checkUnchanged(): Promise<void> {
    const { newest, version } = await stateOf(this.#lake, this.#table);
    this.#version = version;
    if (newest === this.#newest) return;
    this.#newest = newest;
    throw new ConflictError(`${this.#table.name}: another process takes files at the same time`, {
      where: { table: this.#table.name },
      remedy: "run one pipeline at a time",
      transient: true,
    });
  }
}

/** Under this application id a landing table says that it has taken a file of this content. */
export function fileAppId(sha256: string): string {
  return `file:${sha256}`;
}

interface State {
  readonly newest: bigint;
  readonly version: number | null;
}

async function stateOf(lake: Lake, table: LandingTable): Promise<State> {
  const snapshot = await lake.snapshot(table.name);
  const text = await snapshot?.domainMetadata(INGEST_DOMAIN);
  const newest = text === undefined ? 0n : BigInt((JSON.parse(text) as { readonly newest: string }).newest);
  return { newest, version: snapshot?.version ?? null };
}
