import { expect, test } from 'vitest';
import { read_event } from '../wire/events.ts';
import type { BedState } from '../wire/messages.ts';
import { type Epoch, epoch_ms, type WholeNight } from '../wire/rest.ts';
import { set_zone } from '../words.ts';
import { compare, difference_sentence, morning_state, read_out_both } from './compare.ts';

set_zone('Etc/UTC');
const start = Date.parse('2026-11-21T22:00:00Z');
const min = 60_000;

type Made = Pick<Epoch, 'state'> & Partial<Epoch>;
const epoch = (from: number, made: Made): Epoch => ({
  from,
  score: made.state === 'asleep' ? 'sleep' : made.state === 'unknown' ? 'unknown' : 'wake',
  rescored: null,
  counts: null,
  movement_kg: null,
  load_kg: null,
  scorer: 'estimator 1',
  rescorer: made.rescored ? 'smoother 1' : null,
  p_asleep: made.state === 'asleep' ? 0.93 : 0.1,
  rescored_p_asleep: made.rescored === 'sleep' ? 0.97 : made.rescored ? 0.21 : null,
  ...made,
});
function record(...stretches: [number, Made | undefined][]): Epoch[] {
  const out: Epoch[] = [];
  let at = start;
  for (const [minutes, made] of stretches) {
    for (let i = 0; i < minutes * 2; i++, at += epoch_ms) if (made) out.push(epoch(at, made));
  }
  return out;
}
const night = (minutes: number, epochs: Epoch[], events: [number, string, object][] = []): WholeNight => ({
  night: 'n',
  bed: 'b',
  opened: start,
  closed: start + minutes * min,
  simulated: true,
  figures: null,
  algorithm: 'night',
  version: '2',
  epochs,
  events: events.map(
    ([at, kind, data]) =>
      read_event({ kind, seq: 1, bed: 'b', t: new Date(start + at * min).toISOString(), data })!,
  ),
});
const shown = (segments: { from: number; to: number; state: BedState }[]) =>
  segments.map((s) => [(s.from - start) / min, (s.to - start) / min, s.state]);

test.each<[string, Made, BedState]>([
  ['what was not looked at again stands', { state: 'asleep' }, 'asleep'],
  ['sleep that was wake', { state: 'asleep', rescored: 'wake' }, 'awake'],
  ['wake that was sleep', { state: 'awake', rescored: 'sleep' }, 'asleep'],
  ['sleep that cannot be held', { state: 'asleep', rescored: 'unknown' }, 'unknown'],
  ['out of bed, whatever the scorer says', { state: 'out_of_bed', rescored: 'sleep' }, 'out_of_bed'],
  ['restless stays what was seen', { state: 'restless', rescored: 'sleep' }, 'restless'],
  ['the same score again', { state: 'awake', score: 'sleep', rescored: 'sleep' }, 'awake'],
])('the morning: %s', (_, made, state) => {
  expect(morning_state(epoch(start, made))).toBe(state);
});

test('both are kept, and the difference is shown and said', () => {
  const whole = night(
    120,
    record(
      [20, { state: 'awake' }],
      [40, { state: 'asleep' }],
      [12, { state: 'asleep', rescored: 'wake' }],
      [28, { state: 'asleep', rescored: 'sleep' }],
      [2, { state: 'awake', rescored: 'sleep' }],
      [18, { state: 'awake' }],
    ),
  );
  const compared = compare(whole)!;
  expect(shown(compared.live.segments)).toEqual([
    [0, 20, 'awake'],
    [20, 100, 'asleep'],
    [100, 120, 'awake'],
  ]);
  expect(shown(compared.morning.segments)).toEqual([
    [0, 20, 'awake'],
    [20, 60, 'asleep'],
    [60, 72, 'awake'],
    [72, 102, 'asleep'],
    [102, 120, 'awake'],
  ]);
  expect(compared.differences.map((d) => [(d.from - start) / min, (d.to - start) / min])).toEqual([
    [60, 72],
    [100, 102],
  ]);
  expect(difference_sentence(compared)).toBe(
    'Morning scoring differs from live in 14 min: 12 min taken for sleep were wake, 2 min taken for wake were sleep.',
  );
  expect(compared.scorers).toEqual({ live: 'estimator 1', morning: 'smoother 1' });
});

test('half minutes add up to what is said of all', () => {
  const whole = night(
    30,
    record(
      [12.5, { state: 'asleep', rescored: 'wake' }],
      [1.5, { state: 'asleep', rescored: 'unknown' }],
      [16, { state: 'asleep', rescored: 'sleep' }],
    ),
  );
  expect(difference_sentence(compare(whole)!)).toBe(
    'Morning scoring differs from live in 14 min: 12.5 min taken for sleep were wake, 1.5 min taken for sleep are not known.',
  );
});

test('a night that the morning agrees with, and one that it never looked at', () => {
  const again = compare(night(30, record([30, { state: 'asleep', rescored: 'sleep' }])))!;
  expect(difference_sentence(again)).toBe('Morning scoring agrees with what was said live.');
  const never = compare(night(30, record([30, { state: 'asleep' }])))!;
  expect(difference_sentence(never)).toMatch(/did not score this night again/);
  expect(never.differences).toEqual([]);
});

test('what the record does not hold is unknown, though events around it tell a state', () => {
  const whole = night(
    90,
    record([20, { state: 'asleep' }], [40, undefined], [10, { state: 'unknown' }], [20, { state: 'asleep' }]),
    [
      [0, 'bed.entered', { ago_s: 0 }],
      [1, 'sleep.began', { ago_s: 0 }],
    ],
  );
  const compared = compare(whole)!;
  expect(shown(compared.morning.segments)).toEqual([
    [0, 20, 'asleep'],
    [20, 70, 'unknown'],
    [70, 90, 'asleep'],
  ]);
  expect([(compared.gap!.from - start) / min, (compared.gap!.to - start) / min]).toEqual([20, 70]);
});

test('a night that goes on is not the last one', () => {
  expect(compare({ ...night(30, []), closed: null })).toBeUndefined();
});

test('one moment is read out with how sure both were', () => {
  const whole = night(
    60,
    record(
      [20, { state: 'awake' }],
      [10, { state: 'asleep', rescored: 'wake' }],
      [30, { state: 'asleep', rescored: 'sleep' }],
    ),
    [[22, 'pain.checkin', { score: 7 }]],
  );
  const compared = compare(whole)!;
  expect(read_out_both(compared, start + 22 * min)).toBe(
    '22:22: awake in bed, P(asleep) .21, 22:00 to 22:30 (30 min); live it was said: asleep, P(asleep) .93; pain 7 at 22:22',
  );
  expect(read_out_both(compared, start + 50 * min)).toBe(
    '22:50: asleep, P(asleep) .97, 22:30 to 23:00 (30 min)',
  );
});
