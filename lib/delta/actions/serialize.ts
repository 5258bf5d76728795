import { stringifyJson } from "../json.js";
import type { Commit } from "./action.js";

/** The bytes of a commit file: one action a line, commitInfo first. */
export function serializeCommit(commit: Omit<Commit, "version">): Uint8Array {
  const lines: string[] = [];
  const write = (kind: string, action: unknown): void => {
    lines.push(stringifyJson({ [kind]: action }));
  };
  if (commit.commitInfo) write("commitInfo", commit.commitInfo);
  if (commit.protocol) write("protocol", commit.protocol);
  if (commit.metadata) write("metaData", commit.metadata);
  for (const txn of commit.txns) write("txn", txn);
  for (const domain of commit.domains) write("domainMetadata", domain);
  for (const remove of commit.removes) write("remove", remove);
  for (const add of commit.adds) write("add", add);
  for (const file of commit.cdc ?? []) write("cdc", { ...file, dataChange: false });
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
