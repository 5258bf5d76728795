import type { Sale } from "./gold_lake.js";

/** A version of a customer, by the rules as they are written. */
export interface NaiveVersion {
  readonly email: string;
  readonly name: string;
  readonly phone: string | null;
  readonly from: string;
  readonly until: string | null;
  /** Time of the last sale of the version before; null of the first. */
  readonly since: string | null;
}

/** A row of `gold.chaves_cliente`. */
export interface RecordedKey {
  readonly key: bigint;
  readonly email: string;
  readonly name: string;
  readonly phone: string | null;
  readonly opened: string;
}

/** The versions of every customer: at one time the sale with the greatest id says what the customer is. */
export function versionsOf(sales: readonly Sale[]): readonly NaiveVersion[] {
  const versions: NaiveVersion[] = [];
  for (const email of [...new Set(sales.map((sale) => sale.email))]) {
    const own = sales.filter((sale) => sale.email === email);
    const times = [...new Set(own.map((sale) => sale.at))].sort();
    const states = times.map((at) => {
      const [last] = own.filter((sale) => sale.at === at).sort((a, b) => (a.id < b.id ? 1 : -1));
      return { at, name: last?.name ?? "", phone: last?.phone ?? null };
    });
    const begins = states.filter(
      (state, i) => i === 0 || state.name !== states[i - 1]?.name || state.phone !== states[i - 1]?.phone,
    );
    for (const [i, { at, name, phone }] of begins.entries()) {
      const since = times.filter((time) => time < at).at(-1) ?? null;
      versions.push({ email, name, phone, from: at, until: begins[i + 1]?.at ?? null, since });
    }
  }
  return versions;
}

/**
 * The smallest recorded key of a version's attributes that was opened while it is valid; where there is none, the smallest that
 * was opened after the last sale of the version before.
 */
export function recordedKey(version: NaiveVersion, keys: readonly RecordedKey[]): bigint | undefined {
  const { email, name, phone, from, until, since } = version;
  const fitting = keys.filter(
    (key) =>
      key.email === email &&
      key.name === name &&
      key.phone === phone &&
      (since === null || key.opened > since) &&
      (until === null || key.opened < until),
  );
  const whileValid = fitting.filter((key) => key.opened >= from);
  const candidates = whileValid.length > 0 ? whileValid : fitting;
  return candidates.map(({ key }) => key).sort((a, b) => (a < b ? -1 : 1))[0];
}

/** The version that a sale refers to. */
export function versionAt(sale: Sale, versions: readonly NaiveVersion[]): NaiveVersion | undefined {
  return versions.find(
    ({ email, from, until }) => email === sale.email && from <= sale.at && (until === null || sale.at < until),
  );
}
