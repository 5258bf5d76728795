import fs from "node:fs";
import os from "node:os";
import { dirname } from "node:path";
import { ConflictError, DataError, StorageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { codeOf, isAbsent, storageError } from "../storage/local_errors.js";
import { Archive } from "./archive.js";
import { commitFiles, FilesChanged, faultOf, type PlacedFile } from "./commit_files.js";
import { identityAt, isUnchanged } from "./file_identity.js";
import { IngestLog } from "./ingest_log.js";
import { evolve, type Intake, intakeOf, type LandingTable } from "./intake.js";
import type { LandingFile } from "./landing.js";
import { Outcomes } from "./outcomes.js";
import { type ExaminedFile, examineFile, prepareFile, takeApart } from "./prepare_file.js";
import type { PreparedFile } from "./prepared.js";
import { untilQuiet } from "./quiet.js";
import { rejectFile } from "./reject.js";
import { TemporaryFiles } from "./temporary_files.js";

/** Attempts at a commit while another process takes files into the same table. */
const MAX_ATTEMPTS = 5;

/** A landed file after it was read, or why it could not be. */
type ReadFile = ExaminedFile | { readonly file: LandingFile; readonly failure: unknown };

const STILL_WRITTEN = "it changes while it is read; left for the next run";

/**
 * Takes landed files into a bronze table, a group at a time. For each file, in this order, so that a killed run loses and
 * doubles nothing: its content is hashed and looked up in the log; it is archived; its rows and its hash are committed
 * together; it is deleted from landing. What a killed run leaves is an archived file that the next run finds again, or
 * a landed one that it recognises by its hash.
 */
export class BronzeIntake {
  readonly #lake: Lake;
  readonly #landing: string;
  readonly #now: bigint;
  readonly #log: IngestLog;
  readonly #archive: Archive;
  readonly #temporary: TemporaryFiles;
  readonly #outcomes = new Outcomes();
  #intake: Intake;
  #version: number | undefined;

  private constructor(lake: Lake, landing: string, now: bigint, log: IngestLog, intake: Intake) {
    this.#lake = lake;
    this.#landing = landing;
    this.#now = now;
    this.#log = log;
    this.#intake = intake;
    this.#archive = new Archive(lake.storage, intake.table.landing.source);
    this.#temporary = new TemporaryFiles(this.#archive.folder ?? os.tmpdir());
  }

  /** @param now microseconds since the epoch */
  static async open(lake: Lake, table: LandingTable, landing: string, now: bigint): Promise<BronzeIntake> {
    const stored = (await lake.snapshot(table.name))?.schema.fields ?? [];
    const intake = intakeOf(table, table.drift === "evolve" ? stored : []);
    return new BronzeIntake(lake, landing, now, await IngestLog.open(lake, table), intake);
  }

  /** The table with the columns that files have added. */
  get table(): LandingTable {
    return this.#intake.table;
  }
  /** The table's version after the last commit; undefined while nothing was committed. */
  get version(): number | undefined {
    return this.#version;
  }
  get outcomes(): Outcomes {
    return this.#outcomes;
  }

  /**
   * Takes groups of files, in this order; what becomes of each file stands in `outcomes` afterwards. While the engine writes
   * the rows of one group, the next is read here.
   */
  async takeAll([first = [], ...others]: readonly (readonly LandingFile[])[]): Promise<void> {
    let read = await this.#read(first);
    for (const next of [...others, []]) [, read] = await Promise.all([this.#take(read), this.#read(next)]);
  }

  async #take(files: readonly ReadFile[]): Promise<void> {
    const repeated: LandingFile[] = [];
    try {
      const examined = files.flatMap((file) => this.#readable(file));
      const taken = await this.#log.arrivals(examined.map(({ sha256 }) => sha256));
      const first = new Map<string, ExaminedFile>();
      for (const one of examined) {
        if (first.has(one.sha256)) repeated.push(one.file);
        else first.set(one.sha256, one);
      }
      await untilQuiet([...first.values()].map(({ file }) => file));
      const placed: PlacedFile[] = [];
      for (const one of first.values()) {
        const arrivedAt = lacksAll(one.file) ? undefined : taken.get(one.sha256);
        if (!this.#isStill(one.file)) continue;
        if (arrivedAt === undefined) placed.push(...(await this.#place(one)));
        else await this.#dismiss(one, arrivedAt);
      }
      await this.#commit(placed);
    } finally {
      this.#temporary.removeAll();
    }
    if (repeated.length > 0) await this.#take(await this.#read(repeated));
  }

  async #read(files: readonly LandingFile[]): Promise<readonly ReadFile[]> {
    const read: ReadFile[] = [];
    for (const file of files) {
      try {
        read.push(await examineFile(file, this.#intake));
      } catch (failure) {
        read.push({ file, failure });
      }
    }
    return read;
  }

  #readable(read: ReadFile): readonly ExaminedFile[] {
    if (!("failure" in read)) return [read];
    const { file, failure } = read;
    const code = failure instanceof StorageError ? codeOf(failure.cause) : "";
    if (code === "EACCES" || code === "EPERM") this.#outcomes.skipped(file, "cannot be read: permission denied");
    else if (failure instanceof StorageError && isAbsent(failure.cause))
      this.#outcomes.skipped(file, "gone before it could be read");
    else this.#outcomes.failed(file, failure);
    return [];
  }

  #isStill(file: LandingFile): boolean {
    const still = isUnchanged(file.path, file.identity);
    if (!still) this.#outcomes.skipped(file, STILL_WRITTEN);
    return still;
  }

  /** The file in the archive, ready to be committed; nothing when it was rejected or failed. */
  async #place(examined: ExaminedFile): Promise<readonly PlacedFile[]> {
    const { file, sha256 } = examined;
    try {
      const prepared = await this.#prepare(examined);
      const replaces = await this.#archive.namesOf(file.name);
      const at = Number(this.#log.nextArrival(this.#now) / 1000n);
      const archived = await this.#archive.place(file, sha256, at, (name) => this.#log.isFree(name));
      return [{ examined, prepared, archived, replaces: replaces.filter((name) => name !== archived.name) }];
    } catch (error) {
      if (error instanceof DataError) await this.#reject(examined, error);
      else this.#outcomes.failed(file, error);
      return [];
    }
  }

  async #prepare(examined: ExaminedFile): Promise<PreparedFile> {
    const prepared = await prepareFile(examined, this.#intake, this.#temporary);
    if (this.table.drift !== "evolve" || prepared.unknown.length === 0) return prepared;
    this.#intake = evolve(this.#intake, prepared.unknown);
    return prepareFile(examined, this.#intake, this.#temporary);
  }

  async #commit(placed: readonly PlacedFile[], attempt = 1): Promise<void> {
    if (placed.length === 0) return;
    try {
      await this.#archive.flush(placed.map(({ archived }) => archived.name));
      const at = this.#log.nextArrival(this.#now);
      this.#version = await commitFiles(this.#lake, this.#log, this.#archive, { table: this.table, files: placed, at });
    } catch (error) {
      return this.#recover(placed, error, attempt);
    }
    for (const one of placed) await this.#finish(one);
  }

  async #recover(placed: readonly PlacedFile[], error: unknown, attempt: number): Promise<void> {
    if (error instanceof FilesChanged && attempt < MAX_ATTEMPTS) return this.#commitStill(placed, attempt + 1);
    if (error instanceof ConflictError && attempt < MAX_ATTEMPTS) return this.#commitAgain(placed, attempt + 1);
    if (error instanceof StorageError || error instanceof ConflictError || error instanceof FilesChanged) {
      return this.#fail(placed, error);
    }
    if (placed.length === 1) for (const one of placed) return this.#mend(one, error);
    for (const one of placed) await this.#commit([one]);
  }

  /** After files have changed in landing: without those, which leave the archive again. */
  async #commitStill(placed: readonly PlacedFile[], attempt: number): Promise<void> {
    const still: PlacedFile[] = [];
    for (const one of placed) {
      const { file, sha256 } = one.examined;
      if (this.#isStill(file)) still.push(one);
      else if (identityAt(file.path) !== undefined) await this.#archive.remove(one.archived.name);
      else {
        const arrivedAt = (await this.#log.arrivals([sha256])).get(sha256);
        if (arrivedAt !== undefined) await this.#withdraw(one, arrivedAt);
      }
    }
    await this.#commit(still, attempt);
  }

  /** After another process has taken files: some of these may be among them. */
  async #commitAgain(placed: readonly PlacedFile[], attempt: number): Promise<void> {
    const taken = await this.#log.arrivals(placed.map(({ examined }) => examined.sha256));
    const fresh: PlacedFile[] = [];
    for (const one of placed) {
      const arrivedAt = taken.get(one.examined.sha256);
      if (arrivedAt === undefined) fresh.push(one);
      else {
        await this.#withdraw(one, arrivedAt);
        await this.#dismiss(one.examined, arrivedAt);
      }
    }
    await this.#commit(fresh, attempt);
  }

  /** Takes a file out of the archive again, when another process has archived and committed its content. */
  async #withdraw({ examined, archived }: PlacedFile, arrivedAt: number): Promise<void> {
    this.#archive.refresh();
    const copies = await this.#archive.find(examined.file, examined.sha256, arrivedAt);
    const isSpare = copies.some((name) => name !== archived.name) && (await this.#log.isFree(archived.name));
    if (isSpare) await this.#archive.remove(archived.name);
  }

  /** One file that the engine could not read: is it the file's fault, or was it read in the wrong way? */
  async #mend(one: PlacedFile, error: unknown): Promise<void> {
    const { examined, prepared, archived } = one;
    try {
      if (prepared.source.format === "csv" && prepared.asItIs) {
        const rewritten = await takeApart(examined, prepared, this.#intake, this.#temporary);
        return await this.#commit([{ ...one, prepared: rewritten }]);
      }
      const isParquet = prepared.source.format === "parquet";
      const fault = isParquet ? await faultOf(this.#lake, this.#archive, this.table, one) : undefined;
      if (fault !== undefined) {
        await this.#archive.remove(archived.name);
        return await this.#reject(examined, fault);
      }
      await this.#fail([one], error);
    } catch (failure) {
      await this.#fail([one], failure);
    }
  }

  /** Files that are not committed leave the archive again. Where even that fails, the next run finds them there. */
  async #fail(placed: readonly PlacedFile[], error: unknown): Promise<void> {
    for (const { examined } of placed) this.#outcomes.failed(examined.file, error);
    try {
      const taken = await this.#log.arrivals(placed.map(({ examined }) => examined.sha256));
      for (const { examined, archived } of placed) {
        const isLanded = isUnchanged(examined.file.path, examined.file.identity);
        if (isLanded && !taken.has(examined.sha256)) await this.#archive.remove(archived.name);
      }
    } catch (failure) {
      if (!(failure instanceof StorageError)) throw failure;
    }
  }

  async #finish({ examined: { file }, prepared, archived, replaces }: PlacedFile): Promise<void> {
    const { unknown, counts } = prepared;
    const note = await this.#deleteLanded(file, archived.name);
    const details = { ...counts, unknown, archived: archived.name, replaces };
    this.#outcomes.taken(file, note === undefined ? details : { ...details, note });
  }

  /** A file whose content is taken: it goes when the archive holds these bytes, and is archived first when not. */
  async #dismiss({ file, sha256 }: ExaminedFile, arrivedAt: number): Promise<void> {
    try {
      const [found] = await this.#archive.find(file, sha256, arrivedAt);
      const at = Number(this.#now / 1000n);
      const isFree = (name: string): Promise<boolean> => this.#log.isFree(name);
      const name = found ?? (await this.#archive.place(file, sha256, at, isFree)).name;
      await this.#archive.flush([name]);
      const note = await this.#deleteLanded(file, name);
      this.#outcomes.alreadyTaken(
        file,
        name,
        note ?? (found === undefined ? "its content is in the table; archived again" : `same content as ${name}`),
      );
    } catch (error) {
      this.#outcomes.failed(file, error);
    }
  }

  async #reject({ file, sha256 }: ExaminedFile, error: DataError): Promise<void> {
    await untilQuiet([file]);
    if (!this.#isStill(file)) return;
    try {
      const path = await rejectFile(this.#landing, this.table, { file, sha256, error, at: this.#now });
      this.#outcomes.rejected(file, error, path);
    } catch (failure) {
      this.#outcomes.failed(file, failure);
    }
  }

  /** What there is to say when the file had to stay. */
  async #deleteLanded(file: LandingFile, archived: string): Promise<string | undefined> {
    try {
      if (identityAt(file.path) === undefined) return undefined;
      if (!isUnchanged(file.path, file.identity)) return "changed after it was taken; the next run looks at it again";
      const isKept = await this.#archive.has(archived, file.identity.size);
      if (!isKept) return "its archived copy is gone; the next run archives it again";
      fs.unlinkSync(file.path);
      return undefined;
    } catch (error) {
      return `still in landing. ${storageError("delete", dirname(file.path), file.name, error).message}`;
    }
  }
}

/** No byte at all is a file of its format only where a file may be without objects: as such it may have been taken before. */
function lacksAll({ identity, format }: LandingFile): boolean {
  return identity.size === 0 && format !== "ndjson";
}
