import { readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject } from "vitest";

export type Engine = "spark" | "deltalake";

/** What another engine reads from a table. */
export interface Reading {
  readonly folder: string;
  readonly version: number;
  readonly rows: number;
  /** Name, Delta type (nested ones as JSON) and nullability. */
  readonly columns: readonly (readonly [name: string, type: string, nullable: boolean])[];
  /** SHA-256 of the sorted canonical lines. */
  readonly digest: string;
  /** The canonical lines (see canonical_rows.py). */
  readonly lines: readonly string[];
  /** Set instead of all the rest when `readAll` could not read the table. */
  readonly error?: string;
}

/** An engine that does to tables what it is told, one command after the other. All sessions of a run share its process. */
export class PartnerSession {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  readonly #log = join(inject("partners"), "log");
  readonly #logged = statSync(this.#log).size;

  constructor(engine: Engine) {
    this.#socket = connect(join(inject("partners"), "socket"));
    const lines = createInterface({ input: this.#socket });
    this.#answers = lines[Symbol.asyncIterator]();
    for (const end of ["error", "close"]) this.#socket.on(end, () => lines.close());
    this.#socket.write(`${engine}\n`);
  }

  /** See partner_session.py. Throws what the engine said when it refused, caused by what the engines have printed. */
  async run(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#socket.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.#answers.next().catch(() => ({ value: undefined }));
    const { answer, error } = value === undefined ? { error: "the engine has ended" } : JSON.parse(value);
    if (error === undefined) return answer;
    throw new Error(error, {
      cause: new Error(readFileSync(this.#log).subarray(this.#logged).toString().slice(-4_000)),
    });
  }

  read(folder: string, version?: number): Promise<Reading> {
    return this.run({ read: folder, version }) as Promise<Reading>;
  }

  changes(folder: string, from: number): Promise<Reading> {
    return this.run({ changes: folder, from }) as Promise<Reading>;
  }

  sql(text: string): Promise<unknown> {
    return this.run({ sql: text });
  }

  close(): void {
    this.#socket.end();
  }
}

/** What an engine reads from tables, each a folder or `folder@version` for an earlier version. */
export async function readAll(engine: Engine, targets: readonly string[]): Promise<readonly Reading[]> {
  const session = new PartnerSession(engine);
  const readings = targets.map(async (target): Promise<Reading> => {
    const [, folder = "", version] = /^(.*?)(?:@(\d+))?$/s.exec(target) ?? [];
    return session
      .read(folder, version === undefined ? undefined : Number(version))
      .catch((error: Error) => ({ folder, error: `${error.message}\n${String(error.cause)}` }) as Reading);
  });
  return Promise.all(readings).finally(() => session.close());
}
