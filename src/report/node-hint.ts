/** That there is more to see: Node.js programs that use much CPU and have no agent. A note, not a finding. */
import { isNodeName } from '../core/node-name.ts';
import { formatRatio } from './format.ts';
import type { ProcessLedger } from './process-ledger.ts';
import type { Summarizer } from './summarizer.ts';

const TOP = 5;
/** Of one core; below it a program is hardly why somebody looks. */
const WORTH_A_LOOK = 0.05;

/** The note, or `undefined` when there is nobody to tell about, or Node.js is not what the report is about. */
export function agentHint(processes: ProcessLedger, summarizer: Summarizer): string | undefined {
  const states = summarizer.sections.filter(({ section }) => section.resource === 'nodejs');
  if (states.length === 0) return undefined;
  const watched = new Set(states.flatMap((state) => [...state.subjects()].map(({ subject }) => pidOf(subject))));
  const unwatched = processes
    .top('cpu', TOP)
    .filter(({ command, cpu_cores }) => isNodeName(command) && (cpu_cores ?? 0) >= WORTH_A_LOOK)
    .filter(({ pid, exited }) => !exited && pid !== process.pid && !watched.has(String(pid)));
  if (unwatched.length === 0) return undefined;
  const names = unwatched.map(({ pid, cpu_cores }) => `${pid} (${formatRatio(cpu_cores)} of a core)`).join(', ');
  const plural = unwatched.length > 1;
  return `Node.js process${plural ? 'es' : ''} ${names} run${plural ? '' : 's'} without the agent: start ${plural ? 'them' : 'it'} with \`node --import codoperf/register …\` to see why a loop is late, the heap, requests and caches.`;
}

/** `api[123]` and `api[123] worker 4` are process 123. */
function pidOf(subject: string): string | undefined {
  return /\[(\d+)\](?: worker \d+)?$/.exec(subject)?.[1];
}
