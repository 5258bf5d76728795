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
  /** By what stands between the second and the extensions. */
  readonly #byStem = new Map<string, Set<string>>();
  readonly #bySecond = new Map<string, Set<string>>();

  constructor(names: Iterable<string>) {
    for (const name of names) this.add(name);
  }

  add(archived: string): void {
    if (arrivalOf(archived) === undefined) return;
    entryOf(this.#byStem, stemOf(archived)).add(archived);
    entryOf(this.#bySecond, secondOf(archived)).add(archived);
  }

  delete(archived: string): void {
    this.#byStem.get(stemOf(archived))?.delete(archived);
    this.#bySecond.get(secondOf(archived))?.delete(archived);
  }

  /** Whether a file has this archived name, extensions aside: tables name files without them. */
  isTaken(archived: string): boolean {
    const same = this.#byStem.get(stemOf(archived)) ?? [];
    return [...same].some((each) => secondOf(each) === secondOf(archived));
  }

  /** Of files that came under a name, in order of arrival. */
  of(name: string): readonly string[] {
    const clean = cleanName(name);
    const { extension } = parts(clean);
    const found = [...(this.#byStem.get(parts(clean).stem) ?? [])];
    const seconds = new Set(found.map(secondOf));
    for (let number = 2; ; number++) {
      const same = this.#byStem.get(parts(numbered(clean, number)).stem);
      if (same === undefined) return found.filter((each) => parts(each).extension === extension).sort();
      // A number tells files of one second apart; otherwise the name itself ends in one.
      found.push(...[...same].filter((each) => seconds.has(secondOf(each))));
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

/** `YYYYMMDD_HHMMSS_` of an archived name. */
function secondOf(archived: string): string {
  return archived.slice(0, PREFIX_LENGTH);
}

/** What an archived name has between its second and its extensions. */
function stemOf(archived: string): string {
  return parts(archived.slice(PREFIX_LENGTH)).stem;
}

function parts(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /(?:\.[^.\s]{1,16})?(?:\.gz)?$/.exec(name)?.[0] ?? "";
  const length = name.length - extension.length;
  return length === 0 ? { stem: name, extension: "" } : { stem: name.slice(0, length), extension };
}
