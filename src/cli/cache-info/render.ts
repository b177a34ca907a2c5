/** The answer of `cache-info` in the format that was asked for. */
import { renderCacheText } from '../../report/cache-text.ts';
import { jsonText } from '../../report/json-text.ts';
import type { Output } from '../output.ts';
import type { CacheAnswer } from './context.ts';
import { renderCacheSeries } from './series.ts';
import type { CacheInfoSettings } from './settings.ts';

/** Text for `output`, or for a file when there is none. */
export function renderCaches(
  answer: CacheAnswer,
  { format, verbose, watch }: Pick<CacheInfoSettings, 'format' | 'verbose' | 'watch'>,
  output?: Output,
): string {
  if (format === 'json') return `${jsonText(answer.report, watch ? undefined : 2)}\n`;
  if (format === 'prometheus') return renderCacheSeries(answer);
  const columns = output?.isTTY === true ? output.columns : Number.POSITIVE_INFINITY;
  return renderCacheText(answer.report, { verbose, color: output?.color ?? false, columns });
}
