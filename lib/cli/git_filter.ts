import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";

/** Under this name .gitattributes asks for the filter; where a clone has not set it, git leaves notebooks as they are. */
const FILTER = "tslake-notebooks";
const COMMAND = "node bin/tslake.js notebooks clean -";

/**
 * Makes git see the notebooks of this clone without outputs, so that running them changes nothing for it.
 * @returns what was done, for people; undefined when nothing was: the filter is set already, or this is no clone
 */
export function filterNotebooks(root: string): string | undefined {
  const git = (...argv: string[]): string | undefined => {
    const { status, stdout } = spawnSync("git", argv, { cwd: root, encoding: "utf8", windowsHide: true });
    return status === 0 ? stdout.trim() : undefined;
  };
  const top = git("rev-parse", "--show-toplevel");
  if (top === undefined || realpathSync(top) !== realpathSync(root)) return undefined;
  const key = `filter.${FILTER}.clean`;
  if (git("config", "--local", "--get", key) === COMMAND || git("config", "--local", key, COMMAND) === undefined) {
    return undefined;
  }
  return `git leaves the outputs of notebooks out of this clone's commits (to undo: git config --unset ${key})`;
}
