/** The format of a result by the name of its file: the same rule for every command. */
import { CodoperfError } from '../core/errors.ts';

/**
 * Name of the format that the extension stands for; `undefined` for no file, stdout and devices, which have none.
 * Throws UNKNOWN_OUTPUT_EXTENSION.
 */
export function formatOfFile<T extends { readonly name: string; readonly extensions: readonly string[] }>(
  file: string | undefined,
  formats: readonly T[],
): T['name'] | undefined {
  if (file === undefined || file === '-' || file.startsWith('/dev/')) return undefined;
  const base = file.slice(file.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  const extension = dot > 0 ? base.slice(dot).toLowerCase() : '';
  const found = formats.find(({ extensions }) => extensions.includes(extension));
  if (found !== undefined) return found.name;
  const known = formats.flatMap(({ extensions }) => extensions).join(', ');
  throw new CodoperfError('UNKNOWN_OUTPUT_EXTENSION', { path: file, extensions: known });
}
