import { Command, CommanderError } from "commander";
import { describeError, isTslakeError, UsageError } from "../errors.js";

/** Exit statuses of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Says which exit status the command has earned; without a word it is 0. */
export type Answer = (status: number) => void;

/** A command that answers wrong usage by an error instead of ending the process. */
export function newProgram(name: string): Command {
  return new Command(name).exitOverride().showHelpAfterError(`Try: ${name} --help`);
}

/**
 * Does what the arguments say and answers the exit status. Errors that a user can meet are printed, never with a stack; any
 * other error is a bug and is thrown on.
 */
export async function runProgram(define: (answer: Answer) => Command, argv: readonly string[]): Promise<number> {
  let status: number = EXIT.done;
  const program = define((earned) => {
    status = earned;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!isTslakeError(error)) throw error;
    process.stderr.write(`${describeError(error)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}
