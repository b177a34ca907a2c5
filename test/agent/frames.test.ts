/** Frames survive however a stream cuts them, and what is no frame is told. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BadFrame, FrameReader, encodeFrame } from '../../src/wire/agent/frames.ts';

test('any messages come out as they went in, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }),
      fc.infiniteStream(fc.nat(9)),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(encodeFrame));
        const reader = new FrameReader(1024 * 1024);
        const read: unknown[] = [];
        for (let at = 0; at < bytes.length; ) {
          const end = at + 1 + (cuts.next().value as number);
          read.push(...reader.push(bytes.subarray(at, end)));
          at = end;
        }
        expect(read).toEqual(JSON.parse(JSON.stringify(messages)));
      },
    ),
  );
});

test.each([
  ['too long', Buffer.from([0, 0, 0, 101])],
  ['no JSON', Buffer.from([0, 0, 0, 1, 0x7b])],
  ['nothing', Buffer.from([0, 0, 0, 0])],
])('%s is refused', (_what, bytes) => {
  expect(() => new FrameReader(100).push(bytes)).toThrow(BadFrame);
});

test('the longest frame is taken, one byte more is not waited for', () => {
  const frame = encodeFrame('x'.repeat(98));
  expect(new FrameReader(100).push(frame)).toEqual(['x'.repeat(98)]);
  expect(() => new FrameReader(99).push(frame.subarray(0, 4))).toThrow(
    'a frame of 100 bytes, and at most 99 are taken',
  );
});
