import fs from "node:fs";

/** What tells a database's file, and the log beside it, from what they were before anybody wrote to them. */
export function stampOf(path: string): string {
  return [path, `${path}.wal`].map(stampOfFile).join(" / ");
}

function stampOfFile(path: string): string {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "none" : [stat.ino, stat.size, stat.mtimeNs].join(" ");
}
