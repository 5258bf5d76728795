import { DeltaError, UnsupportedFeatureError } from "../errors.js";
import { LocalStorage } from "../storage/local.js";
import type { Storage } from "../storage/storage.js";
import type { DeletionVectorDescriptor } from "./actions/action.js";

/** The `path` of an action for a file at a storage path: URL-encoded (RFC 2396), `/` and `=` left as they are. */
export function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#:]/g, encodeURIComponent);
}

/** The storage path of an action's `path`. Throws DeltaError for an absolute path, which lies outside the table. */
export function decodePath(path: string): string {
  const decoded = unescape(path);
  if (isAbsolute(decoded)) {
    throw new DeltaError("The log names a data file outside the table's folder", {
      where: { file: path },
      expected: "a path relative to the table",
      remedy: "Copy the table (a deep clone) so that its files lie in its own folder.",
    });
  }
  return decoded;
}

/** A file that the log names, in the storage that holds it. */
export interface StoredPath {
  readonly storage: Storage;
  readonly path: string;
}

/**
 * Where the file of an action's `path` lies: below the table's root, or anywhere on this machine's disks for an absolute
 * path (shallow clones have such). Throws UnsupportedFeatureError for an absolute path in another object store.
 */
export function locateFile(storage: Storage, path: string): StoredPath {
  const decoded = unescape(path);
  if (!isAbsolute(decoded)) return { storage, path: decoded };
  const absolute = localPath(decoded);
  const root = storage.uri.endsWith("/") ? storage.uri : `${storage.uri}/`;
  if (absolute.startsWith(root)) return { storage, path: absolute.slice(root.length) };
  const folder = absolute.slice(0, absolute.lastIndexOf("/") + 1);
  if (folder.startsWith("/") || /^[a-zA-Z]:[\\/]/.test(folder))
    return { storage: new LocalStorage(folder), path: absolute.slice(folder.length) };
  throw new UnsupportedFeatureError("The log names a file outside the table's own storage", {
    where: { file: path },
    expected: `a path below ${storage.uri}`,
    remedy: "Copy the table (a deep clone) so that its files lie in its own folder.",
  });
}

/** What identifies a logical file in the log: its decoded path and its deletion vector. */
export function fileKey(file: {
  readonly path: string;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
}): string {
  const path = file.path.includes("%") || file.path.startsWith("file:") ? localPath(unescape(file.path)) : file.path;
  const vector = file.deletionVector;
  return vector === undefined ? path : `${path}\n${vector.storageType}${vector.pathOrInlineDv}@${vector.offset ?? ""}`;
}

/**
 * The folder (with a final `/`) that a file of these partition values goes to, Hive's way: `ano=2014/canal=a%3Ab/`. Of a long
 * value only the beginning stands there: readers take values from the log.
 */
export function partitionFolder(columns: readonly string[], values: Readonly<Record<string, string | null>>): string {
  return columns.map((name) => `${hiveEscape(name)}=${folderText(values[name] || HIVE_NULL)}/`).join("");
}

const HIVE_NULL = "__HIVE_DEFAULT_PARTITION__";

/** Bytes of a value in the name of a folder, where file systems take 255 and object stores 1,024 of a whole path. */
const LONGEST = 128;

function folderText(value: string): string {
  let text = "";
  for (const char of value) {
    const longer = text + hiveEscape(char);
    if (Buffer.byteLength(longer) > LONGEST) break;
    text = longer;
  }
  return text;
}

function hiveEscape(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Hive escapes exactly these
  return text.replace(/[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^<>| ]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

function unescape(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new DeltaError("The log holds a path that is not URL-encoded", { where: { file: path }, cause });
  }
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(path);
}

/** `file:///x`, `file:/x` and `/x` are one file. */
function localPath(path: string): string {
  return path.replace(/^file:\/*/, "/");
}
