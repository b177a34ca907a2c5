/** The parts of live attach that read what others wrote. */
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasNodeInspector } from '../../src/collect/node/attach/elf.ts';
import { readDelivery } from '../../src/collect/node/attach/injection.ts';
import { inspectorPlace } from '../../src/collect/node/attach/inspector-place.ts';
import { Ledger } from '../../src/collect/node/attach/ledger.ts';
import { connectAddress, holderOf, occupies, ownListeners } from '../../src/collect/node/attach/listeners.ts';
import type { Target } from '../../src/collect/node/attach/target.ts';
import { processFacts } from '../../src/collect/node/process-facts.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { otherNode, otherNodes } from '../support/node-versions.ts';

describe('whether a program is Node.js', () => {
  const file = path.join(temporaryDirectory(), 'program');
  const says = (bytes: Uint8Array): boolean => {
    fs.writeFileSync(file, bytes);
    return hasNodeInspector(file);
  };
  /** The headers and the dynamic section of a real one stand in its first megabytes. */
  const shell = fs.readFileSync(fs.realpathSync('/bin/sh'));

  test.each([process.execPath, ...otherNodes.map((version) => otherNode(version))])('%s is', (program) => {
    if (program !== undefined) expect(hasNodeInspector(program)).toBe(true);
  });

  test('a shell, a script and an empty file are not, even when they mention it', () => {
    expect(hasNodeInspector('/bin/sh')).toBe(false);
    expect(says(Buffer.from('#!/bin/sh\n# _ZN4node9inspector\n'))).toBe(false);
    expect(says(Buffer.concat([shell, Buffer.from('_ZN4node9inspector')]))).toBe(false);
    expect(says(Buffer.alloc(0))).toBe(false);
  });

  test('what is cut off or broken is not, and nothing throws', () => {
    const change = fc.array(fc.tuple(fc.nat(2048), fc.nat(255)), { maxLength: 30 });
    fc.assert(
      fc.property(change, fc.nat(shell.length), (changes, length) => {
        const broken = Buffer.from(shell.subarray(0, length));
        for (const [at, value] of changes) if (at > 3 && at < broken.length) broken[at] = value;
        expect(says(broken)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('also in the other byte order and width', () => {
    expect(says(program32())).toBe(true);
  });

  /** A 32-bit big-endian program of one segment whose only dynamic name is the one that counts. */
  function program32(): Buffer {
    const bytes = Buffer.alloc(256);
    bytes.writeUInt32BE(0x7f454c46, 0);
    bytes.set([1, 2, 1], 4);
    bytes.writeUInt32BE(52, 28);
    bytes.writeUInt16BE(32, 42);
    bytes.writeUInt16BE(2, 44);
    const header = (at: number, type: number, offset: number, address: number, size: number): void => {
      for (const [i, word] of [type, offset, address, address, size].entries()) bytes.writeUInt32BE(word, at + 4 * i);
    };
    header(52, 1, 0, 0x1000, 256);
    header(84, 2, 120, 0x1078, 24);
    for (const [i, word] of [5, 0x1000 + 160, 10, 40, 0, 0].entries()) bytes.writeUInt32BE(word, 120 + 4 * i);
    bytes.write('\0_ZN4node9inspector5AgentC1Ev\0', 160);
    return bytes;
  }
});

test.each([
  ['node\0app.js', '', '127.0.0.1', 9229, false],
  ['node\0--inspect\0app.js', '', '127.0.0.1', 9229, true],
  ['node\0--inspect=0\0app.js', '', '127.0.0.1', 0, true],
  ['node\0--inspect-brk=0.0.0.0:1234\0app.js', '', '0.0.0.0', 1234, true],
  ['node\0--inspect-wait=[::1]:77\0app.js', '', '::1', 77, true],
  ['node\0--inspect-port\x0010\0app.js', '', '127.0.0.1', 10, false],
  ['node\0--debug-port=localhost:10\0app.js', '', '127.0.0.1', 10, false],
  ['node\0app.js', '--max-old-space-size=99 --inspect-port=0', '127.0.0.1', 0, false],
  ['node\0--inspect=5\0app.js', '--inspect-port=0', '127.0.0.1', 5, true],
  ['node\0app.js\0--\0--inspect=5', '', '127.0.0.1', 9229, false],
  ['node\0--inspect-port=host\0app.js', '', 'host', 9229, false],
  ['my title', '--inspector --inspected=3', '127.0.0.1', 9229, false],
])('where the inspector is: %j %j', (cmdline, options, host, port, open) => {
  expect(inspectorPlace(cmdline, options)).toEqual({ host, port, open });
});

test.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['0.0.0.0', '127.0.0.1', true],
  ['::', '127.0.0.1', true],
  ['::', '::1', true],
  ['0.0.0.0', '::1', false],
  ['127.0.0.2', '127.0.0.1', false],
  ['::1', '127.0.0.1', false],
])('a socket at %s is in the way of one at %s: %s', (address, host, taken) => {
  expect(occupies(address, host)).toBe(taken);
});

test.each([
  ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['127.1.2.3', '127.1.2.3', '127.1.2.3'],
  ['0.0.0.0', '0.0.0.0', '127.0.0.1'],
  ['::1', '::1', '::1'],
  ['::', '::', '::1'],
  ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1'],
])('a socket that listens on %s', async (host, address, reached) => {
  const server = net.createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const found = ownListeners('/proc', process.pid).find((each) => each.port === port);
  expect(found).toMatchObject({ address, port, uid: process.getuid?.() });
  expect(connectAddress(found as NonNullable<typeof found>)).toBe(reached);
  expect(holderOf('/proc', found as NonNullable<typeof found>)).toBe(process.pid);
  server.close();
  await once(server, 'close');
  expect(ownListeners('/proc', process.pid).map((each) => each.port)).not.toContain(port);
});

test('what a process answers is not trusted', () => {
  const env = { CODOPERF_RUNTIME_DIR: '/x' };
  expect(readDelivery({ uid: 5, env: { ...env, XDG_RUNTIME_DIR: undefined } })).toEqual({ uid: 5, env });
  expect(readDelivery({ failed: 'so' })).toEqual({ failed: 'so' });
  expect(readDelivery({ wrong: 3, uid: 5, env })).toEqual({ wrong: 3 });
  for (const value of [undefined, null, 1, 'x', {}, { uid: '5', env }, { uid: 5 }, { uid: 5, env: 'x' }])
    expect(() => readDelivery(value)).toThrow('something else');
});

describe('the ledger', () => {
  const target = (pid: number, startTicks: number): Target => ({ pid, startTicks }) as Target;
  const ticks = processFacts('/proc', process.pid)?.startTicks as number;

  test('a lock is held until it is released, and no other one goes with it', () => {
    const ledger = new Ledger(temporaryDirectory(), '/proc');
    const hold = ledger.holdPort();
    expect(ledger.holdPort()).toEqual({ pid: process.pid });
    if ('release' in hold) hold.release();
    const next = ledger.holdPort();
    if ('release' in hold) hold.release();
    expect(next).toHaveProperty('release');
    expect(ledger.holdPort()).toEqual({ pid: process.pid });
  });

  test.each([
    ['of a process that has ended', '4194305 1'],
    ['of an earlier process with a pid of today', `${process.pid} 1`],
    ['of nobody', ''],
    ['of garbage', 'x\0y'],
  ])('a lock %s is taken over', (_, content) => {
    const runtime = temporaryDirectory();
    const ledger = new Ledger(runtime, '/proc');
    fs.writeFileSync(path.join(runtime, 'attach/port.lock'), content);
    expect(ledger.holdPort()).toHaveProperty('release');
    expect(fs.readdirSync(path.join(runtime, 'attach'))).toEqual(['port.lock']);
    expect(fs.readFileSync(path.join(runtime, 'attach/port.lock'), 'utf8')).toBe(`${process.pid} ${ticks}`);
  });

  test('a debt is that of one process, not of a later one with its pid; it goes with the process', () => {
    const runtime = temporaryDirectory();
    const ledger = new Ledger(runtime, '/proc');
    ledger.note(target(process.pid, ticks), { agent: true });
    ledger.note(target(process.pid, ticks), { inspector: true });
    expect(ledger.debt(target(process.pid, ticks))).toEqual({ agent: true, inspector: true });
    expect(ledger.debt(target(process.pid, ticks + 1))).toEqual({ agent: false, inspector: false });
    ledger.note(target(4_194_305, 1), { agent: true });
    const again = new Ledger(runtime, '/proc');
    expect(fs.readdirSync(path.join(runtime, 'attach'))).toEqual([`${process.pid}.debt`]);
    again.note(target(process.pid, ticks), { agent: false, inspector: false });
    expect(fs.readdirSync(path.join(runtime, 'attach'))).toEqual([]);
  });
});
