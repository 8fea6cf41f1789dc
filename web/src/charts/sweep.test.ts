import { expect, test } from 'vitest';
import { wave_absent } from '../wire/waves.ts';
import { around, from_zero, nice } from './sweep.ts';
import { TraceRing } from './trace_ring.ts';

const ring_of = (capacity: number, first_k: number, ...values: number[]) => {
  const ring = new TraceRing(capacity);
  ring.add(first_k * 100, Int16Array.from(values));
  return ring;
};

test('points stand on the grid of their time', () => {
  const ring = ring_of(8, 100, 1, 2, 3);
  expect([99, 100, 101, 102, 103].map((k) => ring.at(k))).toEqual([wave_absent, 1, 2, 3, wave_absent]);
});

test('what never came is absent, not the last value', () => {
  const ring = ring_of(8, 100, 1, 2);
  ring.add(10_500, Int16Array.from([9]));
  expect([101, 102, 103, 104, 105].map((k) => ring.at(k))).toEqual([
    2,
    wave_absent,
    wave_absent,
    wave_absent,
    9,
  ]);
});

test('a gap longer than the ring leaves nothing old in it', () => {
  const ring = ring_of(8, 100, 1, 2, 3, 4, 5, 6, 7, 8);
  ring.add(50_000, Int16Array.from([9]));
  expect(ring.extent()).toEqual({ low: 9, high: 9 });
});

test('older points and repeats change nothing', () => {
  const ring = ring_of(8, 100, 1, 2, 3);
  ring.add(10_000, Int16Array.from([7, 7, 7]));
  expect([100, 101, 102].map((k) => ring.at(k))).toEqual([1, 2, 3]);
  ring.add(10_200, Int16Array.from([8, 4]));
  expect([102, 103].map((k) => ring.at(k))).toEqual([3, 4]);
});

test('an absent point has no part in the extent', () => {
  expect(ring_of(8, 100, wave_absent, 5, wave_absent, -3).extent()).toEqual({ low: -3, high: 5 });
  expect(new TraceRing(8).extent()).toBeUndefined();
});

test.each([
  [0.7, 1],
  [1, 1],
  [1.1, 2],
  [3, 5],
  [51, 100],
])('nice(%f) is %f', (x, expected) => expect(nice(x)).toBe(expected));

test('an axis from zero holds its value and shrinks only when it is far too high', () => {
  const ranger = from_zero(10);
  const small = ranger({ low: 0, high: 4 }, undefined);
  expect(small).toEqual({ low: 0, high: 10 });
  const large = ranger({ low: 0, high: 80 }, small);
  expect(large).toEqual({ low: 0, high: 100 });
  expect(ranger({ low: 0, high: 40 }, large)).toEqual(large);
  expect(ranger({ low: 0, high: 4 }, large)).toEqual(small);
});

test('an axis around a load always holds it', () => {
  const ranger = around(100);
  let range: { low: number; high: number } | undefined;
  let seed = 5;
  for (let i = 0; i < 500; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const low = seed % 9000;
    const high = low + (seed % 3 === 0 ? seed % 7000 : seed % 40);
    range = ranger({ low, high }, range);
    expect(range.low).toBeLessThanOrEqual(low);
    expect(range.high).toBeGreaterThanOrEqual(high);
    expect(range.high - range.low).toBeGreaterThanOrEqual(100);
  }
});

test('an axis around a still load does not move with it', () => {
  const ranger = around(100);
  const first = ranger({ low: 7100, high: 7120 }, undefined);
  expect(ranger({ low: 7105, high: 7125 }, first)).toEqual(first);
});
