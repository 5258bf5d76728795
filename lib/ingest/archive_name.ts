/** Bytes that a name may have on every file system, with room for what is put before and after it. */
const NAME_LIMIT = 200;

/** A name as it is archived: without characters that some platform or storage refuses, and not too long. */
export function cleanName(name: string): string {
  const clean = name.normalize("NFC").replaceAll(/[\p{Cc}\p{Surrogate}<>:"/\\|?*\uFFFD]/gu, "_");
  const { stem, extension } = parts(clean);
  const room = NAME_LIMIT - Buffer.byteLength(extension);
  const short = Buffer.from(stem)
    .subarray(0, room)
    .toString("utf8")
    .replace(/\uFFFD$/, "");
  return short + extension;
}

/** A name with a number before its extensions: `a.csv.gz`, 2 gives `a_2.csv.gz`; 1 changes nothing. */
export function numbered(name: string, number: number): string {
  const { stem, extension } = parts(name);
  return number === 1 ? name : `${stem}_${number}${extension}`;
}

/** `YYYYMMDD_HHMMSS_<name>` in UTC, for an instant in milliseconds since the epoch. */
export function archivedName(name: string, arrivedAt: number): string {
  return `${arrivalPrefix(arrivedAt)}${cleanName(name)}`;
}

/** What the names of files begin with that arrived in this second: `YYYYMMDD_HHMMSS_`. */
function arrivalPrefix(arrivedAt: number): string {
  const iso = new Date(arrivedAt).toISOString();
  return `${iso.slice(0, 10).replaceAll("-", "")}_${iso.slice(11, 19).replaceAll(":", "")}_`;
}

/** The arrival that an archived name tells, in milliseconds since the epoch; undefined for any other name. */
export function arrivalOf(archived: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_/.exec(archived);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const arrivedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(arrivedAt) ? undefined : arrivedAt;
}

const PREFIX_LENGTH = "YYYYMMDD_HHMMSS_".length;

/** The names in an archive, found by the name that a file came with and by the second in which it arrived. */
export class ArchivedNames {
  readonly #byName = new Map<string, Set<string>>();
  readonly #bySecond = new Map<string, Set<string>>();

  constructor(names: Iterable<string>) {
    for (const name of names) this.add(name);
  }

  add(archived: string): void {
    if (arrivalOf(archived) === undefined) return;
    entryOf(this.#byName, archived.slice(PREFIX_LENGTH)).add(archived);
    entryOf(this.#bySecond, archived.slice(0, PREFIX_LENGTH)).add(archived);
  }

  delete(archived: string): void {
    this.#byName.get(archived.slice(PREFIX_LENGTH))?.delete(archived);
    this.#bySecond.get(archived.slice(0, PREFIX_LENGTH))?.delete(archived);
  }

  /** Of files that came under a name, in order of arrival. */
  of(name: string): readonly string[] {
    const clean = cleanName(name);
    const plain = this.#byName.get(clean) ?? new Set();
    const found = [...plain];
    for (let number = 2; ; number++) {
      const same = this.#byName.get(numbered(clean, number));
      if (same === undefined) return found.sort();
      // A number tells files of one second apart; otherwise the name itself ends in one.
      found.push(...[...same].filter((each) => plain.has(each.slice(0, PREFIX_LENGTH) + clean)));
    }
  }

  /** Of files that arrived in the second of an instant, in milliseconds since the epoch. */
  inSecond(arrivedAt: number): readonly string[] {
    return [...(this.#bySecond.get(arrivalPrefix(arrivedAt)) ?? [])].sort();
  }
}

function entryOf(index: Map<string, Set<string>>, key: string): Set<string> {
  const entry = index.get(key) ?? new Set();
  index.set(key, entry);
  return entry;
}

function parts(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /(?:\.[^.\s]{1,16})?(?:\.gz)?$/.exec(name)?.[0] ?? "";
  const length = name.length - extension.length;
  return length === 0 ? { stem: name, extension: "" } : { stem: name.slice(0, length), extension };
}
