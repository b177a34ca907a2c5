/** Errors of the catalogue in tests. */
import { CodoperfError } from '../../src/core/errors.ts';

/** What an action failed with, as a user sees it. */
export interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly remedy: string;
}

/** The `CodoperfError` that an action ends with; any other end is thrown. */
export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof CodoperfError)) throw error;
    const { code, exitCode, message, remedy } = error;
    return { code, exitCode, message, remedy };
  }
  throw new Error('it did not fail');
}
