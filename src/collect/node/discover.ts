/**
 * Which Node.js processes have an agent, and which have none. A socket counts when it is named after a living
 * process, was made by it, and nobody but its owner could have put it there. Root may read other users' agents where
 * directory owner = socket owner = owner of the process; nobody else may.
 */
import fs from 'node:fs';
import net from 'node:net';
import { errnoOf } from '../../core/errors.ts';
import { LONGEST_SOCKET_PATH_BYTES, agentSocket } from '../../core/runtime-place.ts';
import { listDirectory, readText } from '../files.ts';
import type { AgentFolder, AgentPlaces, DeniedPath } from './folders.ts';
import { agentFolder, agentPlaces, runtimeDirectories } from './folders.ts';
import type { ProcessFacts } from './process-facts.ts';
import { commandOf, processFacts, processUid, runsNode, startedAt } from './process-facts.ts';

/** The time stamp of a socket and the start of a process come from clocks with ticks of their own. */
const CLOCK_SLACK_SECONDS = 2;
const SOCKET_NAME = /^([1-9]\d{0,9})\.sock$/;

/** A socket that can be talked to. */
export interface AgentSocket {
  readonly pid: number;
  /** Owner of the socket. */
  readonly uid: number;
  readonly socket: string;
  /** Ticks between boot and the start of the process: tells it from a later one with the same pid. */
  readonly startTicks: number;
}

/** What was found. */
export interface DiscoveredAgents {
  /** In the order of their pids. */
  readonly agents: readonly AgentSocket[];
  /** What stands in the place of an agent and is not talked to. */
  readonly denied: readonly DeniedPath[];
  /** Sockets in directories of one's own whose process is gone; `removeStale` removes them. */
  readonly stale: readonly string[];
}

/** A process that runs Node.js. */
export interface NodeProcess {
  readonly pid: number;
  readonly uid: number;
  /** Name of its main thread; not to be trusted. */
  readonly comm: string;
  /** Command line, shortened and without what may be secret. */
  readonly command: string | undefined;
}

/** Finds the agents that this user may talk to. */
export function discoverAgents(given: Partial<AgentPlaces> = {}): DiscoveredAgents {
  const places = agentPlaces(given);
  const agents = new Map<number, AgentSocket>();
  const denied: DeniedPath[] = [];
  const stale: string[] = [];
  for (const runtime of runtimeDirectories(places)) {
    const folder = agentFolder(runtime, places.uid);
    if (folder === undefined) continue;
    if ('reason' in folder) {
      denied.push(folder);
      continue;
    }
    for (const name of listDirectory(folder.path)) {
      const pid = Number(SOCKET_NAME.exec(name)?.[1]);
      if (Number.isNaN(pid)) continue;
      const socket = agentSocket(runtime, pid);
      const found = examine(socket, pid, folder, places);
      if (found === undefined) {
        if (folder.uid === places.uid) stale.push(socket);
      } else if ('reason' in found) denied.push(found);
      // The same process in two places answers the same in both.
      else if (!agents.has(pid)) agents.set(pid, found);
    }
  }
  return { agents: [...agents.values()].toSorted((a, b) => a.pid - b.pid), denied, stale };
}

/**
 * Removes sockets that nobody listens on. Whether somebody does is asked of the socket itself: its process may run
 * where we cannot see it, in a container that shares the directory.
 */
export async function removeStale({ stale }: Pick<DiscoveredAgents, 'stale'>): Promise<void> {
  await Promise.all(
    stale.map(async (socket) => {
      if (await nobodyListens(socket)) fs.rmSync(socket, { force: true });
    }),
  );
}

function nobodyListens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.createConnection({ path: socket });
    connection.on('connect', () => {
      connection.destroy();
      resolve(false);
    });
    connection.on('error', (error) => resolve(errnoOf(error) === 'ECONNREFUSED'));
  });
}

/** One entry of a folder: an agent, why it is left alone, or `undefined` for what is left of a process that ended. */
function examine(
  socket: string,
  pid: number,
  folder: AgentFolder,
  places: AgentPlaces,
): AgentSocket | DeniedPath | undefined {
  const stat = fs.lstatSync(socket, { throwIfNoEntry: false });
  if (stat === undefined) return undefined; // Removed by its process in this moment.
  // Node.js would cut it and connect to another one.
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH_BYTES) {
    return { path: socket, reason: `a socket's path has at most ${LONGEST_SOCKET_PATH_BYTES} bytes` };
  }
  if (!stat.isSocket())
    return { path: socket, reason: stat.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a socket' };
  if (stat.uid !== folder.uid)
    return { path: socket, reason: `it belongs to uid ${stat.uid}, and its directory to ${folder.uid}` };
  const facts = processFacts(places.procfs, pid);
  if (facts === undefined || facts.dead || !madeBy(facts, socket, stat, places)) return undefined;
  const own = folder.uid === places.uid;
  const uid = processUid(places.procfs, pid);
  // In one's own directory nobody else can have put it, and a program may have become another user since.
  if (!own && uid !== folder.uid)
    return { path: socket, reason: `it belongs to uid ${stat.uid}, and process ${pid} to ${uid ?? 'nobody'}` };
  return { pid, uid: stat.uid, socket, startTicks: facts.startTicks };
}

/**
 * Whether this process can have made the socket: it was there before, or it holds it. The clock alone does not prove
 * the contrary, as start times move with it when it is set.
 */
function madeBy(facts: ProcessFacts, socket: string, stat: fs.Stats, places: AgentPlaces): boolean {
  if (!(startedAt(places.procfs, facts) > stat.mtimeMs / 1000 + CLOCK_SLACK_SECONDS)) return true;
  const held = new Set(inodesOf(socket, places).map((inode) => `socket:[${inode}]`));
  if (held.size === 0) return false;
  const folder = `${places.procfs}/${facts.pid}/fd`;
  return listDirectory(folder).some((fd) => held.has(linkOf(`${folder}/${fd}`)));
}

function linkOf(link: string): string {
  try {
    return fs.readlinkSync(link);
  } catch {
    return ''; // Closed in the meantime.
  }
}

/** Inodes of the sockets that are bound to a path: the last two words of a line of `/proc/net/unix`. */
function inodesOf(socket: string, { procfs }: AgentPlaces): string[] {
  const inodes: string[] = [];
  for (const line of (readText(`${procfs}/net/unix`) ?? '').split('\n')) {
    const match = /^\S+: \S+ \S+ \S+ \S+ \S+ +(\d+) (.*)$/.exec(line);
    if (match !== null && Buffer.from(match[2], 'latin1').equals(Buffer.from(socket))) inodes.push(match[1]);
  }
  return inodes;
}

/**
 * Processes of this user (of everybody, for root) that run Node.js and are not among `watched`; codoperf itself is
 * left out. In the order of their pids.
 */
export function unwatchedNodes(
  watched: Iterable<{ readonly pid: number }>,
  given: Partial<AgentPlaces> = {},
): NodeProcess[] {
  const { procfs, uid: user } = agentPlaces(given);
  const known = new Set([process.pid, ...Array.from(watched, ({ pid }) => pid)]);
  const found: NodeProcess[] = [];
  for (const name of listDirectory(procfs)) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || known.has(pid) || !runsNode(procfs, pid)) continue;
    const facts = processFacts(procfs, pid);
    if (facts === undefined || facts.dead) continue;
    const uid = processUid(procfs, pid);
    if (uid === undefined || (user !== 0 && uid !== user)) continue;
    if (!isCodoperf(procfs, pid)) found.push({ pid, uid, comm: facts.comm, command: commandOf(procfs, pid) });
  }
  return found.toSorted((a, b) => a.pid - b.pid);
}

/** Another codoperf that measures at the same time: by the script that it runs. */
function isCodoperf(procfs: string, pid: number): boolean {
  const script = readText(`${procfs}/${pid}/cmdline`)?.split('\0')[1] ?? '';
  return /(^|\/)codoperf(\.m?js)?$/.test(script);
}
