/**
 * Completion scripts for shells, made from the table of commands. They are static: a Tab never starts
 * Node.js.
 */
import type { Command } from '../command.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completionModel } from './model.ts';
import { zshScript } from './zsh.ts';

/** The completion script of a shell: bash, zsh or fish. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  const model = completionModel(commands);
  if (shell === 'bash') return bashScript(model);
  return shell === 'zsh' ? zshScript(model) : fishScript(model);
}
