/**
 * Where sockets are: shared by the agent, which lives in other people's processes and must not drag the
 * configuration along, and by everything that looks for it.
 */
import path from 'node:path';

/** Node.js cuts a longer socket path silently (`sun_path` has 108 bytes with its end). */
export const LONGEST_SOCKET_PATH_BYTES = 107;

/** The folder of the agents' sockets below a runtime directory. */
export const AGENTS_FOLDER = 'agents';

/** `CODOPERF_RUNTIME_DIR`, `$XDG_RUNTIME_DIR/codoperf`, root's `/run/codoperf`, else `/tmp/codoperf-UID`. */
export function runtimePath(env: Readonly<Record<string, string | undefined>>, uid: number): string {
  const own = env.CODOPERF_RUNTIME_DIR;
  if (own !== undefined && own !== '') return path.resolve(own);
  const base = env.XDG_RUNTIME_DIR;
  // The XDG specification asks to ignore relative paths.
  if (base !== undefined && path.isAbsolute(base)) return path.join(base, 'codoperf');
  return uid === 0 ? '/run/codoperf' : temporaryRuntime(uid);
}

/** Where the sockets of a user without a runtime directory are; anybody can write around it, so it is checked hard. */
export function temporaryRuntime(uid: number): string {
  return `/tmp/codoperf-${uid}`;
}

/** The socket of the agent in a process, below a runtime directory. */
export function agentSocket(runtime: string, pid: number): string {
  return path.join(runtime, AGENTS_FOLDER, `${pid}.sock`);
}
