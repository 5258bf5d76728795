import type { StoredTable, StoredTables } from "./step.js";

/** The tables as a run sees them: each log is read once, and again after a step has written. */
export class StoredView implements StoredTables {
  readonly #tables: StoredTables;
  readonly #seen = new Map<string, Promise<StoredTable | undefined>>();

  constructor(tables: StoredTables) {
    this.#tables = tables;
  }

  snapshot(name: string): Promise<StoredTable | undefined> {
    const seen = this.#seen.get(name);
    if (seen !== undefined) return seen;
    const look = this.#tables.snapshot(name);
    this.#seen.set(name, look);
    // A failure (a server that does not answer) is not remembered.
    look.catch(() => {
      if (this.#seen.get(name) === look) this.forget(name);
    });
    return look;
  }

  /** Forgets what a table was. */
  forget(name: string): void {
    this.#seen.delete(name);
  }
}
