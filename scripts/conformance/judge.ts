import type { Reading, TableReading } from "./read_table.js";

/** What the reference finds in a table. */
export interface Expected extends ExpectedVersion {
  readonly earlier?: readonly (ExpectedVersion & { readonly version: number })[];
  readonly changes?: {
    readonly startingVersion: number;
    readonly endingVersion: number;
    readonly digest?: string;
    readonly counts?: Readonly<Record<string, number>>;
    readonly error?: unknown;
  };
}

interface ExpectedVersion {
  readonly version?: number;
  readonly files?: number;
  readonly rows?: number;
  readonly digest?: string;
  readonly error?: { readonly kind: string };
}

/** Tables with these errors may be read by who knows how. */
const MAY_BE_READ = new Set(["log-incomplete", "unsupported-protocol", "protocol-mismatch"]);

/** In what a reading differs from what the reference finds; empty when it is right. */
export function judge(expected: Expected, reading: TableReading): readonly string[] {
  const complaints = versionComplaints("the newest version", expected, reading);
  for (const earlier of expected.earlier ?? []) {
    const found = reading.earlier?.find(({ version }) => version === earlier.version);
    complaints.push(...versionComplaints(`version ${earlier.version}`, earlier, found ?? {}));
  }
  const { changes } = expected;
  if (changes === undefined) return complaints;
  const found = reading.changes ?? {};
  if (changes.error !== undefined) return found.error === undefined ? [...complaints, "changes: no error"] : complaints;
  if (found.digest !== changes.digest) complaints.push(`changes: ${found.error ?? `digest ${found.digest}`}`);
  return complaints;
}

function versionComplaints(name: string, expected: ExpectedVersion, reading: Partial<Reading>): string[] {
  const complaints: string[] = [];
  const compare = (what: "version" | "files" | "rows" | "digest"): void => {
    if (expected[what] === undefined || expected[what] === reading[what]) return;
    complaints.push(`${name}: ${what} ${reading[what]} instead of ${expected[what]}`);
  };
  if (expected.error !== undefined) {
    if (reading.error === undefined && !MAY_BE_READ.has(expected.error.kind)) complaints.push(`${name}: no error`);
    compare("version");
    compare("files");
    return complaints;
  }
  if (reading.error !== undefined) return [`${name}: ${reading.error}`];
  for (const what of ["version", "files", "rows", "digest"] as const) compare(what);
  return complaints;
}
