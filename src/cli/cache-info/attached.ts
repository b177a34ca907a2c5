/** A process that the agent was brought into for this look: written down, and taken back whatever happens. */
import type { Attachment } from '../../collect/node/attach/attach.ts';
import type { AgentSocket } from '../../collect/node/discover.ts';
import { currentIdentity, ensurePlace } from '../../config/places.ts';
import { CodoperfError } from '../../core/errors.ts';
import { ActionsLog } from '../actions-log.ts';
import { agentFile } from '../agent-file.ts';
import type { InquiryContext } from './context.ts';

const TIMEOUT_MS = 2000;

/** One attach of one run. */
export class Attached {
  private readonly attachment: Attachment;
  private readonly log: ActionsLog;

  private constructor(attachment: Attachment, log: ActionsLog) {
    this.attachment = attachment;
    this.log = log;
  }

  /** Brings the agent into a process. Throws a `CodoperfError` `ATTACH_…` that says why not. */
  static async attach(pid: number, { env, log }: Pick<InquiryContext, 'env' | 'log'>): Promise<Attached> {
    const runtime = ensurePlace('runtime', currentIdentity(env));
    const { attach } = await import('../../collect/node/attach/attach.ts');
    const actions = new ActionsLog(env);
    try {
      const note = (message: string): void => log.info(message);
      const attachment = await attach(pid, { runtime, timeoutMs: TIMEOUT_MS, agentFile: agentFile(), log: note });
      const { brought, inspectorOpenMs } = attachment;
      actions.write({ action: 'attach', target: `process ${pid}`, pid, brought, inspector_open_ms: inspectorOpenMs });
      return new Attached(attachment, actions);
    } catch (error) {
      // What was tried may have reached the process all the same.
      actions.write({ action: 'attach', target: `process ${pid}`, pid, failed: errorCode(error) });
      actions.close();
      throw error;
    }
  }

  /** The agent, for questions. */
  get agent(): AgentSocket {
    return this.attachment.agent;
  }

  /** Takes the agent out again, unless it was there before. */
  async detach(): Promise<void> {
    const { pid, brought } = this.attachment;
    try {
      await this.attachment.detach();
      if (brought) this.log.write({ action: 'detach', target: `process ${pid}`, pid });
    } finally {
      this.log.close();
    }
  }
}

function errorCode(error: unknown): string {
  return error instanceof CodoperfError ? error.code : String(error);
}
