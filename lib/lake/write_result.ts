/** What a write did. */
export interface WriteResult {
  readonly table: string;
  /** Version of the table after the write. */
  readonly version: number;
  /** False when there was nothing to say: no row, no new source version, the same code. */
  readonly committed: boolean;
  /** `written`, `inserted`, `updated`, `deleted` (rows), `files`, and what the caller counted. Bytes are in the commit only: they are not the same each time. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a write records beside its rows. */
export interface WriteOptions {
  /** Marks for idempotence (`txn` actions): application id and version. */
  readonly txns?: Readonly<Record<string, number>>;
  /** State that later runs decide by (`domainMetadata` actions): domain and JSON value. */
  readonly domains?: Readonly<Record<string, unknown>>;
  /** Counts for people, kept in the commit's `operationMetrics`. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** The rows have kept the contract's expectations already: `examine` let them through. */
  readonly isExamined?: true;
  /** Replace the whole table, whatever its write mode; never an append-only one. */
  readonly rebuild?: boolean;
  /**
   * The version of the table that decided what is written; null when there was none. What has been committed since must
   * not have touched the same marks, or the write is refused: two runs at once never both add the same rows.
   */
  readonly readVersion?: number | null;
  /** Called with the number of rows written, before they are committed; throws to stop. Its counts join `metrics`. */
  readonly beforeCommit?: (written: number) => Promise<Readonly<Record<string, number>>>;
}
