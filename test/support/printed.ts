import { vi } from "vitest";

/** What a command that ran in this process printed, and its exit status. */
export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command's entry point and keeps what it writes. */
export async function printed(run: () => Promise<number>): Promise<Printed> {
  const texts = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  try {
    return { status: await run(), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
