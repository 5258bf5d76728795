/** Bytes that a name may have on every file system, with room for what is put before and after it. */
const NAME_LIMIT = 200;

/** A name as it is archived: without characters that some platform or storage refuses, and not too long. */
export function cleanName(name: string): string {
  const clean = name.normalize("NFC").replaceAll(/[\p{Cc}\p{Surrogate}<>:"/\\|?*\uFFFD]/gu, "_");
  const { stem, extension } = parts(clean);
  let short = stem;
  while (Buffer.byteLength(short + extension) > NAME_LIMIT && short.length > 1)
    short = [...short].slice(0, -1).join("");
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
export function arrivalPrefix(arrivedAt: number): string {
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

/** The archived names among these under which files of a name were archived, in order of arrival. */
export function archivedAs(name: string, archived: ReadonlySet<string>): readonly string[] {
  const clean = cleanName(name);
  const { stem, extension } = parts(clean);
  const found = [...archived].filter((each) => {
    const rest = arrivalOf(each) === undefined ? "" : each.slice(PREFIX_LENGTH);
    if (rest === clean) return true;
    const number = rest.slice(stem.length + 1, rest.length - extension.length);
    const isNumbered = rest === `${stem}_${number}${extension}` && /^[1-9]\d*$/.test(number);
    return isNumbered && archived.has(each.slice(0, PREFIX_LENGTH) + clean);
  });
  return found.sort();
}

const PREFIX_LENGTH = "YYYYMMDD_HHMMSS_".length;

function parts(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /(?:\.[^.\s]{1,16})?(?:\.gz)?$/.exec(name)?.[0] ?? "";
  const length = name.length - extension.length;
  return length === 0 ? { stem: name, extension: "" } : { stem: name.slice(0, length), extension };
}
