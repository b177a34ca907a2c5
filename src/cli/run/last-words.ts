/**
 * What the agents of a run said last: at their end they write it into a directory of ours; one that a signal kills
 * cannot, so they are also asked every second.
 */
import fs from 'node:fs';
import path from 'node:path';
import { askAll } from '../../collect/node/client.ts';
import { discoverAgents } from '../../collect/node/discover.ts';
import { readReply } from '../../collect/node/replies.ts';
import type { LastWords } from './process.ts';

const ASK_EVERY_MS = 1000;
const ANSWER_TIMEOUT_MS = 500;
/** A process writes its caches and figures; more is not ours. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const LONGEST_ANCESTRY = 64;

/** Collects them while the program runs. */
export class LastWordsOf {
  private readonly directory: string;
  private readonly env: Readonly<Record<string, string | undefined>>;
  private readonly heard = new Map<number, LastWords>();
  private timer: NodeJS.Timeout | undefined;
  private asking = Promise.resolve();

  constructor(directory: string, env: Readonly<Record<string, string | undefined>>) {
    this.directory = directory;
    this.env = env;
  }

  /** Begins to ask the processes below `pid`. */
  listen(pid: number): void {
    this.timer = setInterval(() => {
      this.asking = this.asking.then(() => this.ask(pid));
    }, ASK_EVERY_MS);
  }

  /** Everything that was said, by pid; a process that could say goodbye is heard by that. */
  async end(): Promise<LastWords[]> {
    clearInterval(this.timer);
    await this.asking;
    for (const name of fs.readdirSync(this.directory)) {
      const words = name.endsWith('.json') ? readFile(path.join(this.directory, name)) : undefined;
      if (words !== undefined) this.heard.set(words.metrics.process.pid, words);
    }
    return [...this.heard.values()].toSorted((a, b) => a.metrics.process.started_ms - b.metrics.process.started_ms);
  }

  private async ask(root: number): Promise<void> {
    const agents = discoverAgents({ env: this.env }).agents.filter(({ pid }) => isBelow(pid, root));
    const options = { timeoutMs: ANSWER_TIMEOUT_MS };
    const [metrics, caches] = await Promise.all([
      askAll(agents, { op: 'metrics' }, options),
      askAll(agents, { op: 'caches' }, options),
    ]);
    for (const [i, answer] of metrics.entries()) {
      const also = caches[i];
      if (!answer.ok || !also.ok) continue;
      this.heard.set(answer.agent.pid, {
        metrics: answer.result,
        caches: also.result,
        atExit: false,
        wallMs: Date.now(),
      });
    }
  }
}

function isBelow(pid: number, root: number): boolean {
  let each: number | undefined = pid;
  for (let i = 0; i < LONGEST_ANCESTRY && each !== undefined && each > 1; i++) {
    if (each === root) return true;
    each = parentOf(each);
  }
  return false;
}

/** `undefined` for a process that is gone. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; state and parent follow its end.
    return Number(
      stat
        .slice(stat.lastIndexOf(')') + 1)
        .trim()
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}

/** What a process wrote; `undefined` when it is not whole. */
function readFile(file: string): LastWords | undefined {
  const stat = fs.lstatSync(file);
  if (!stat.isFile() || stat.size > MAX_FILE_BYTES) return undefined;
  try {
    const pid = Number(path.basename(file, '.json'));
    const { metrics, caches } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
    return {
      metrics: readReply('metrics', { ok: true, result: metrics }, pid),
      caches: readReply('caches', { ok: true, result: caches }, pid),
      atExit: true,
      wallMs: stat.mtimeMs,
    };
  } catch {
    return undefined; // A disk that was full, or somebody else's file: there is nothing in it for us.
  }
}
