import { nowMicros } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import { ContractError, StorageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { underWay } from "../progress.js";
import { report } from "../run.js";
import { BronzeIntake } from "./bronze_intake.js";
import { noRows } from "./bronze_rows.js";
import { IngestResult } from "./ingest_result.js";
import type { LandingTable } from "./intake.js";
import { type LandingFile, listLanding } from "./landing.js";

/** Landed bytes and files that go into one commit; a larger file has a commit of its own. */
const GROUP_BYTES = 32 << 20;
const GROUP_FILES = 200;

/** Zipped files are counted as what they may hold. */
const ZIP_RATIO = 8;

export interface IngestOptions {
  /** The landing zone: an absolute folder. */
  readonly landing: string;
  /** The moment of arrival, in microseconds since the epoch; default now. */
  readonly now?: bigint;
}

/**
 * Takes the files that have arrived for a bronze table: each content once, archived and deleted from landing, its rows in
 * the commit that records its SHA-256. A process that is killed anywhere loses and doubles nothing; the next run goes on.
 * A file that cannot be taken is moved to `_rejected`, and the others go on.
 * @throws ContractError for a table without a landing zone
 * @throws StorageError after everything else is done, when the machine failed for a file; it is tried again by the next run
 */
export async function ingest(lake: Lake, table: AnyTable, options: IngestOptions): Promise<IngestResult> {
  const target = landingTable(table);
  const { files, left } = listLanding(options.landing, target);
  const intake = await BronzeIntake.open(lake, target, options.landing, options.now ?? nowMicros());
  for (const { name, reason } of left) intake.outcomes.left(name, reason);
  const taken = () => `${intake.outcomes.files.length - left.length} of ${files.length} files`;
  await underWay(`taking files into ${table.name}`, () => intake.takeAll(groupsOf(files)), taken);
  const outcome = { table: table.name, files: intake.outcomes.files };
  reportFiles(new IngestResult({ ...outcome, version: intake.version }), new Set(left.map(({ name }) => name)));
  refuseFailures(outcome, intake.outcomes.failures);
  const version = intake.version ?? (await lake.write(intake.table, noRows(intake.table))).version;
  return new IngestResult({ ...outcome, version });
}

function landingTable(table: AnyTable): LandingTable {
  const { landing } = table;
  if (landing !== undefined) return table as LandingTable;
  throw new ContractError(`${table.name} takes no files`, {
    where: { table: table.name },
    remedy: 'say which in its contract: landing: { source: "…", files: ["*.csv"] }',
  });
}

function groupsOf(files: readonly LandingFile[]): readonly (readonly LandingFile[])[] {
  const groups: LandingFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const size = file.identity.size * (file.gzip ? ZIP_RATIO : 1);
    const last = groups.at(-1);
    if (last === undefined || last.length >= GROUP_FILES || bytes + size > GROUP_BYTES) {
      groups.push([file]);
      bytes = size;
    } else {
      last.push(file);
      bytes += size;
    }
  }
  return groups;
}

/** Of what nobody takes, only the number: a run has said it before its first step. */
function reportFiles(result: IngestResult, left: ReadonlySet<string>): void {
  const { totals } = result;
  const { messages } = new IngestResult({ ...result, files: result.files.filter(({ name }) => !left.has(name)) });
  report({
    read: totals.rows,
    corrupt: totals.corrupt,
    files: totals.files,
    rejected: totals.rejected,
    resent: totals.resent,
    skipped: totals.skipped,
    ...(messages.length === 0 ? {} : { messages: messages.join("\n") }),
  });
}

function refuseFailures(result: Pick<IngestResult, "table" | "files">, failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const failed = result.files.filter((file) => file.status === "failed");
  throw new StorageError(`${result.table}: ${failed.length} of ${result.files.length} files could not be taken`, {
    where: { table: result.table },
    actual: failed.map((file) => `${file.name}: ${file.note ?? ""}`).join("; "),
    remedy: "mend this and run again; these files are still in landing, all others are done",
    cause: failures[0],
    transient: failures.every((failure) => failure instanceof StorageError && failure.transient),
  });
}
