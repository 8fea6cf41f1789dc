import { expect, test } from 'vitest';
import type { LogEvent } from '../wire/events.ts';
import { Sequence } from './sequence.ts';

const event = (seq: number) => ({ seq, kind: 'lights.on', data: {} }) as unknown as LogEvent;
const seqs = (events: LogEvent[] | undefined) => events?.map((e) => e.seq);

test('what comes twice is held once', () => {
  const sequence = new Sequence(true);
  expect(seqs(sequence.take([5, 6, 7].map(event)))).toEqual([5, 6, 7]);
  expect(seqs(sequence.take([6, 7, 8].map(event)))).toEqual([8]);
  expect(sequence.duplicates).toBe(2);
  expect(sequence.through).toBe(8);
});

test('a hole is refused, and what stands before it is kept', () => {
  const sequence = new Sequence(true);
  sequence.take([event(5)]);
  expect(sequence.take([event(7)])).toBeUndefined();
  expect(sequence.through).toBe(5);
  expect(seqs(sequence.take([6, 8].map(event)))).toEqual([6]);
  expect(sequence.through).toBe(6);
  expect(sequence.holes).toBe(2);
});

test('with some beds only, missing numbers are other beds’', () => {
  const sequence = new Sequence(false);
  expect(seqs(sequence.take([5, 9, 30].map(event)))).toEqual([5, 9, 30]);
  sequence.reached(44);
  expect(sequence.through).toBe(44);
  expect(seqs(sequence.take([event(44), event(46)]))).toEqual([46]);
});

test('an unrecorded event passes without a number', () => {
  const sequence = new Sequence(true);
  sequence.take([event(5)]);
  expect(seqs(sequence.take([event(0)]))).toEqual([0]);
  expect(sequence.through).toBe(5);
});

test('an empty history counts as begun, so that since is asked from there', () => {
  const sequence = new Sequence(true);
  expect(sequence.begun).toBe(false);
  sequence.reached(12);
  expect(sequence.begun).toBe(true);
  expect(sequence.take([event(14)])).toBeUndefined();
  expect(seqs(sequence.take([event(13)]))).toEqual([13]);
});

test('property: however frames overlap and tear, each number is held once and in order', () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % n;
  };
  for (let run = 0; run < 50; run++) {
    const sequence = new Sequence(true);
    const held: number[] = [];
    sequence.reached(0);
    while (sequence.through < 200) {
      // A frame from somewhere near, as after a reconnect with a late `since`, or with one lost.
      const from = Math.max(1, sequence.through + 1 - random(4) + (random(10) === 0 ? 1 : 0));
      const frame = Array.from({ length: random(20) + 1 }, (_, i) => event(from + i));
      held.push(...(seqs(sequence.take(frame)) ?? []));
    }
    expect(held).toEqual(Array.from({ length: held.length }, (_, i) => i + 1));
  }
});
