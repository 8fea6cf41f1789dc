import { expect, test } from 'vitest';
import type { EntryBody } from '../wire/rest.ts';
import { Touch } from './touch.ts';

function rig(answer: () => Promise<unknown> = () => Promise.resolve()) {
  let now = 0;
  const posted: [string, EntryBody][] = [];
  const touch = new Touch(
    (bed, body) => {
      posted.push([bed, body]);
      return answer();
    },
    { steady: () => now, wall: () => now },
  );
  return { touch, posted, pass: (ms: number) => (now += ms) };
}

test('a touch is told at most once a minute, each time under an id of its own', () => {
  const { touch, posted, pass } = rig();
  touch.touched('bed-1');
  pass(59_000);
  touch.touched('bed-1');
  expect(posted.map(([bed, body]) => [bed, body.kind, body.data])).toEqual([['bed-1', 'kiosk.touched', {}]]);
  pass(1_000);
  touch.touched('bed-1');
  expect(posted).toHaveLength(2);
  expect(posted[0]![1].id).not.toBe(posted[1]![1].id);
});

test('whatever becomes of it, the touch itself goes on', async () => {
  for (const answer of [
    () => Promise.reject(new TypeError('no connection')),
    () => {
      throw new Error('no AbortSignal');
    },
  ]) {
    const { touch, posted } = rig(answer);
    expect(() => touch.touched('bed-1')).not.toThrow();
    await Promise.resolve();
    expect(posted).toHaveLength(1);
  }
});
