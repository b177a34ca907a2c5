/** What the kernel calls the main thread of Node.js when nobody named it: the program, or since Node.js 22 the thread. */
const names = new Set(['node', 'nodejs', 'MainThread', 'node-MainThread']);

/** Whether the name of a main thread (`comm`) says that it runs Node.js; a process can call itself anything. */
export function isNodeName(comm: string): boolean {
  return names.has(comm);
}
