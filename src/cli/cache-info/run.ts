/** `cache-info` as a command: options in, text and exit code out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { worstExitCode } from '../../core/errors.ts';
import { AtomicFile } from '../atomic-file.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import { confirmOnTerminal } from './clear.ts';
import { CacheInquiry } from './inquiry.ts';
import { renderCaches } from './render.ts';
import type { CacheInfoSettings } from './settings.ts';
import { cacheInfoSettings } from './settings.ts';

const CLEAR_SCREEN = '\u001b[H\u001b[2J';

/** Runs the command; see `docs/reference/cli.md`. */
export async function run(options: OptionValues, io: CommandIo): Promise<number> {
  const settings = cacheInfoSettings(options);
  const file = settings.outputFile === undefined ? undefined : await AtomicFile.open(settings.outputFile, io);
  const onTerminal = process.stdin.isTTY && io.stderr.isTTY;
  const inquiry = new CacheInquiry(settings, {
    env: io.env,
    signal: io.stop.signal,
    log: io.log,
    confirm: onTerminal ? confirmOnTerminal : undefined,
  });
  try {
    if (settings.watch) return await watch(inquiry, settings, io);
    const answer = await inquiry.ask();
    if (file === undefined || file.isStdout) await io.stdout.write(renderCaches(answer, settings, io.stdout));
    else {
      await file.write(renderCaches(answer, settings));
      if (io.stdout.isTTY) await io.stdout.write(renderCaches(answer, { ...settings, format: 'text' }, io.stdout));
    }
    await file?.commit();
    return answer.exitCode;
  } catch (error) {
    await file?.discard();
    throw error;
  } finally {
    await inquiry.close();
  }
}

/** One view after the other until Ctrl-C: a terminal is redrawn, JSON is a line each. */
async function watch(inquiry: CacheInquiry, settings: CacheInfoSettings, io: CommandIo): Promise<number> {
  const codes: number[] = [];
  const { signal } = io.stop;
  while (!signal.aborted) {
    const answer = await inquiry.ask();
    codes.push(answer.exitCode);
    const head = io.stdout.isTTY && settings.format === 'text' ? CLEAR_SCREEN : '';
    await io.stdout.write(head + renderCaches(answer, settings, io.stdout));
    await sleep(settings.intervalSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
  return worstExitCode(codes);
}
