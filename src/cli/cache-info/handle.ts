/** `cache-info` for programs: nothing is printed, the report is the answer. */
import type { CacheReport } from '../../report/cache-report.ts';
import { AtomicFile } from '../atomic-file.ts';
import { nowhere } from '../output.ts';
import { CacheInquiry } from './inquiry.ts';
import { renderCaches } from './render.ts';
import type { CacheInfoArgs } from './settings.ts';
import { cacheInfoSettings } from './settings.ts';

/** What `handleCacheInfo` resolves to. */
export interface CacheInfoResult {
  /** As the command's: 0, 3, 4, 7, 20 or 21. */
  readonly exitCode: number;
  readonly report: CacheReport;
  /** What a command would have warned about. */
  readonly warnings: readonly string[];
}

/**
 * Looks at caches as `codoperf cache-info` does and resolves to the report; nobody is asked, so clearing needs `yes`.
 * With `outputFile` the result is written there too. Throws `CodoperfError` for bad options; `watch` is for the command.
 */
export async function handleCacheInfo(
  args: CacheInfoArgs = {},
  { signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {},
): Promise<CacheInfoResult> {
  const settings = cacheInfoSettings({ ...args, watch: false });
  const io = { stdout: nowhere, stderr: nowhere, stop: { signal } };
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  const inquiry = new CacheInquiry(settings, { env: process.env, signal, log, confirm: undefined });
  try {
    const answer = await inquiry.ask();
    await file?.write(renderCaches(answer, settings));
    await file?.commit();
    return { exitCode: answer.exitCode, report: answer.report, warnings };
  } catch (error) {
    await file?.discard();
    throw error;
  } finally {
    await inquiry.close();
  }
}
