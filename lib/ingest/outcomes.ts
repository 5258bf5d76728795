import { type DataError, firstLine, isTslakeError } from "../errors.js";
import { compareUtf8 } from "../storage/path.js";
import type { FileStatus, IngestedFile } from "./ingest_result.js";
import type { LandingFile } from "./landing.js";

/** What became of each file so far, by its name in landing. */
export class Outcomes {
  readonly #files = new Map<string, IngestedFile>();
  readonly #failures: unknown[] = [];

  /** In the order of their names. */
  get files(): readonly IngestedFile[] {
    return [...this.#files.values()].sort((a, b) => compareUtf8(a.name, b.name));
  }
  /** The errors of the files that failed. */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  left(name: string, note: string): void {
    this.#files.set(name, { name, status: "skipped", note });
  }
  skipped(file: LandingFile, note: string): void {
    this.#set(file, "skipped", { note });
  }
  taken(file: LandingFile, details: Partial<IngestedFile>): void {
    this.#set(file, "taken", details);
  }
  alreadyTaken(file: LandingFile, archived: string, note: string): void {
    this.#set(file, "already taken", { archived, note });
  }
  /** @param path in the landing zone */
  rejected(file: LandingFile, error: DataError, path: string): void {
    const { where, remedy, actual } = error;
    this.#set(file, "rejected", {
      note: `${error.message}${actual === undefined ? "" : `, found ${actual}`}`,
      movedTo: path,
      ...(where.line === undefined ? {} : { line: where.line }),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  failed(file: LandingFile, error: unknown): void {
    const remedy = isTslakeError(error) ? error.remedy : undefined;
    const note = firstLine(error);
    this.#set(file, "failed", { note, ...(remedy === undefined ? {} : { remedy }) });
    this.#failures.push(error);
  }

  #set(file: LandingFile, status: FileStatus, details: Partial<IngestedFile>): void {
    const { name, format, identity } = file;
    this.#files.set(name, { name, status, format, bytes: identity.size, ...details });
  }
}
