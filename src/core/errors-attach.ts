/** Why a process is not attached to, and what to do. */
import type { CatalogueEntry } from './error-catalogue-entry.ts';
import { ExitCode } from './exit-code.ts';

/** A part of the catalogue of `errors.ts`. */
export const attachErrors = {
  ATTACH_NOT_NODE: {
    text: 'process {pid} ({program}) is not Node.js with an inspector: the signal that opens one would end it',
    exitCode: ExitCode.usage,
    remedy: 'Name a Node.js process; `codoperf cache-info` lists those that have no agent.',
  },
  ATTACH_PERMISSION: {
    text: 'not allowed to attach to process {pid}: it belongs to another user, or runs with rights of its own',
    exitCode: ExitCode.permission,
    remedy: 'Run as the user of the process, or as root.',
  },
  ATTACH_OTHER_PIDS: {
    text: "'{procfs}' shows the processes of another pid namespace, where a pid means another process",
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf on the host or, in a container, with the pids of the host (`docker run --pid=host`).',
  },
  ATTACH_OTHER_NETWORK: {
    text: 'process {pid} has a network of its own (a container), and its inspector cannot be reached from here',
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf in its container, or enter its network as root: `nsenter -n -t {pid} codoperf …`.',
  },
  ATTACH_STOPPED: {
    text: 'process {pid} is stopped by a signal or a debugger, and would open its inspector only later',
    exitCode: ExitCode.unreachable,
    remedy: 'Let it go on (`kill -CONT {pid}`), then attach.',
  },
  ATTACH_SIGNAL_BLOCKED: {
    text:
      'process {pid} blocks SIGUSR1, as Node.js does with --disable-sigusr1 and under its permission model: its ' +
      'inspector cannot be opened',
    exitCode: ExitCode.unreachable,
    remedy:
      'Start the program with the agent instead: `codoperf run -- node …` or `node --import codoperf/register …`.',
  },
  ATTACH_NO_HANDLER: {
    text: 'process {pid} does not catch SIGUSR1 (it may be starting up or ending): the signal would end it',
    exitCode: ExitCode.unreachable,
    remedy: 'Wait until it serves, then attach.',
  },
  ATTACH_TOO_YOUNG: {
    text: 'process {pid} runs for {age} s only, and SIGUSR1 may end a Node.js that is starting up',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach when it has run for a second or more.',
  },
  ATTACH_PORT_TAKEN: {
    text: 'the inspector of process {pid} cannot open: {by} listens on {place}',
    exitCode: ExitCode.unreachable,
    remedy: 'End that one, or start the program with NODE_OPTIONS=--inspect-port=0, which opens nothing by itself.',
  },
  ATTACH_BUSY: {
    text: 'cannot attach to process {pid} now: another codoperf (pid {holder}) is at it',
    exitCode: ExitCode.unreachable,
    remedy: 'Wait until that one ends; while it is attached, --pid {pid} reads the same agent.',
  },
  ATTACH_NO_INSPECTOR: {
    text:
      'process {pid} got SIGUSR1 and opened no inspector within {seconds} s: its event loop is blocked, it handles ' +
      'SIGUSR1 itself (that handler has run), or its permission model forbids an inspector',
    exitCode: ExitCode.unreachable,
    remedy:
      'Attach again when it responds: an inspector that opened late is closed then. For the other two, start it ' +
      'with the agent: `node --import codoperf/register …`.',
  },
  ATTACH_LATE: {
    text: 'process {pid} opened its inspector only after {seconds} s, as its event loop was blocked; it is closed again',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again; nothing was changed in the process.',
  },
  ATTACH_NO_ANSWER: {
    text: 'the event loop of process {pid} is blocked: it did not take the agent in or answer within {seconds} s',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again when it responds; what was begun is undone.',
  },
  ATTACH_STILL_OPEN: {
    text:
      'THE INSPECTOR OF PROCESS {pid} IS STILL OPEN on {place}: it did not close, and every user of this machine can ' +
      'run code as that process',
    exitCode: ExitCode.unreachable,
    remedy:
      'Attach again when it responds, which closes it; or run `node inspect {place}` and there ' +
      "`exec process.getBuiltinModule('inspector').close()`; or restart the process.",
  },
  ATTACH_WRONG_PROCESS: {
    text: 'the inspector of process {pid} says to be process {found}; nothing was done there',
    exitCode: ExitCode.unreachable,
    remedy: 'Run codoperf in the same pid namespace as the process, then give the pid that is valid there.',
  },
  ATTACH_AGENT_FAILED: {
    text: 'the agent does not run in process {pid}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that the process may write to its runtime directory (see CODOPERF_RUNTIME_DIR), then attach again.',
  },
  ATTACH_ENDED: {
    text: 'process {pid} ended while codoperf was attaching to it',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach to its successor.',
  },
  ATTACH_NOT_DETACHED: {
    text: 'the agent is still in process {pid}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Attach again, which ends it afterwards; restarting the process ends it too.',
  },
  ATTACH_NOT_ALLOWED: {
    text: 'live attach to process {pid} is not switched on: it opens the inspector of the process for a moment',
    exitCode: ExitCode.usage,
    remedy: 'Add --allow-attach (or set allow_attach: true in a configuration file) once you have read docs/attach.md.',
  },
} as const satisfies Record<string, CatalogueEntry>;
