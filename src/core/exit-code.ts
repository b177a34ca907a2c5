/** Exit codes: a frozen contract of the command line. */

/** Exit codes of the command line; the meaning is a frozen contract. */
export const ExitCode = {
  ok: 0,
  internal: 1,
  usage: 2,
  partialData: 3,
  unreachable: 4,
  cannotWrite: 5,
  badConfiguration: 6,
  permission: 7,
  warningFinding: 20,
  criticalFinding: 21,
  regression: 22,
} as const;

/** When several apply, the one that stands first here is the process's exit code. */
export const exitPrecedence: readonly number[] = [1, 2, 6, 7, 5, 4, 21, 20, 22, 3, 0];

/** The exit code to report when several things were wrong. */
export function worstExitCode(codes: Iterable<number>): number {
  const all = new Set(codes);
  return exitPrecedence.find((code) => all.has(code)) ?? ExitCode.ok;
}
