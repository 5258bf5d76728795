import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { python } from "./partners.js";

/** What another engine reads: columns, and rows as canonical lines (see canonical_rows.py). */
export interface Reading {
  readonly columns: readonly (readonly [name: string, type: string, nullable: boolean])[];
  readonly lines: readonly string[];
}

/** An engine in a process of its own that does to tables what it is told, one command after the other. */
export class PartnerSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((line: string) => void)[] = [];
  #complaints = "";

  constructor(engine: "spark" | "deltalake") {
    this.#child = spawn(python() ?? "", [resolve("test/support/partner_session.py"), engine], { stdio: "pipe" });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#waiting.shift()?.(line));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-4_000);
    });
    this.#child.on("close", () => {
      for (const answer of this.#waiting.splice(0)) answer(JSON.stringify({ error: this.#complaints }));
    });
  }

  /** See partner_session.py. Throws what the engine said when it refused. */
  async run(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    const line = new Promise<string>((answer) => this.#waiting.push(answer));
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const { answer, error } = JSON.parse(await line) as { readonly answer?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  read(folder: string, version?: number): Promise<Reading> {
    return this.run({ read: folder, ...(version === undefined ? {} : { version }) }) as Promise<Reading>;
  }

  changes(folder: string, from: number): Promise<Reading> {
    return this.run({ changes: folder, from }) as Promise<Reading>;
  }

  sql(text: string): Promise<unknown> {
    return this.run({ sql: text });
  }

  close(): void {
    this.#child.stdin.end();
  }
}
