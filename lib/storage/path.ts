import { StorageError } from "../errors.js";

/** Names that a storage uses for unfinished writes; no listing shows them and a crash may leave them behind. */
export const TEMPORARY_PREFIX = ".tslake-tmp-";

/** Refuses a path that could leave the storage's root or that not every platform can hold. */
export function checkPath(path: string): void {
  const problem = problemOf(path);
  if (problem === undefined) return;
  throw new StorageError(`"${path}" cannot be a storage path: ${problem}`, {
    where: { path },
    expected: "a path relative to the root, with / between its parts",
  });
}

/** Joins a prefix and a path below it. */
export function joinPath(folder: string, path: string): string {
  const prefix = folder.endsWith("/") ? folder.slice(0, -1) : folder;
  return prefix === "" ? path : path === "" ? prefix : `${prefix}/${path}`;
}

/** Order of two texts by their UTF-8 bytes, which is the order of their code points (JavaScript's `<` compares UTF-16 units). */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others of one unit, so they rank after U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

function problemOf(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it begins with /";
  if (path.includes("\\")) return "it contains a backslash";
  if (path.includes("\0")) return "it contains a NUL character";
  for (const part of path.split("/")) {
    if (part === "") return "a part of it is empty";
    if (part === "." || part === "..") return `it contains "${part}"`;
  }
  return undefined;
}
