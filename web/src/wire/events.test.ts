import { expect, test } from 'vitest';
import { read_event } from './events.ts';

const left = {
  kind: 'bed.left',
  seq: 12,
  bed: 'bed-1',
  t: '2026-11-22T02:41:07.123Z',
  local: '2026-11-22T03:41:07.123+01:00',
  zone: 'Europe/Berlin',
  boot: 'b',
  at_ns: 123,
  algorithm: 'presence',
  version: '1',
  simulated: true,
  data: { ago_s: 10, stay_s: 1234.5, tare_kg: 4.2 },
};

test('an event is read with the moment it happened, not only the one it was said', () => {
  const event = read_event(left)!;
  expect(event.kind).toBe('bed.left');
  expect(event.at).toBe(Date.parse('2026-11-22T02:41:07.123Z'));
  expect(event.at - event.since).toBe(10_000);
  expect(event.algorithm).toBe('presence 1');
});

test('an event without a number is one that was not recorded', () => {
  const { seq: _, ...unrecorded } = left;
  expect(read_event({ ...unrecorded, unrecorded: true })!.seq).toBe(0);
});

test.each([
  ['a payload that lacks a field', { ...left, data: { ago_s: 10 } }],
  ['a payload with a field of another type', { ...left, data: { ago_s: 10, stay_s: 'long' } }],
  ['a kind that this page does not know', { ...left, kind: 'bed.flooded' }],
  ['a check-in beyond the scale', { ...left, kind: 'pain.checkin', data: { score: 11 } }],
  ['a check-in between the numbers', { ...left, kind: 'pain.checkin', data: { score: 6.5 } }],
  ['a kind that every object has', { ...left, kind: 'constructor.name' }],
])('%s keeps its place in the log', (_, raw) => {
  const event = read_event(raw)!;
  expect(event.kind).toBe('unreadable');
  expect(event.seq).toBe(12);
});

test.each([
  ['no kind', { ...left, kind: undefined }],
  ['a kind without a dot', { ...left, kind: 'readings' }],
  ['no time', { ...left, t: undefined }],
  ['a time that is none', { ...left, t: 'yesterday' }],
  ['a number that cannot be one', { ...left, seq: -1 }],
  ['half a number', { ...left, seq: 1.5 }],
  ['null', null],
  ['a list', []],
])('%s is no event', (_, raw) => {
  expect(read_event(raw)).toBeUndefined();
});

test('a missing optional is unknown, not zero', () => {
  const event = read_event({ ...left, kind: 'bed.entered', data: { ago_s: 5, load_kg: null } })!;
  expect(event.kind === 'bed.entered' && event.data.load_kg).toBeNull();
});

const closed_before = {
  night: 'bed-1-20261121T220000',
  ago_s: 5400,
  tib_min: 480,
  sol_min: 20,
  waso_min: null,
  tst_min: 400,
  se_percent: 83.3,
  se_low_percent: 83.3,
  se_high_percent: 85,
  nwak_1min: 2,
  nwak_5min: 1,
  exits: 1,
  position_changes: 9,
  restless_episodes: 1,
  unknown_min: 5.5,
  coverage_percent: 94.5,
};

test('a night that an older program closed is read, what it did not figure is unknown', () => {
  const event = read_event({ ...left, kind: 'night.closed', data: closed_before })!;
  if (event.kind !== 'night.closed') throw new Error(event.kind);
  expect(event.data.tst_min).toBe(400);
  expect(event.data.spt_min).toBeNull();
  expect(event.data.sol_high_min).toBeNull();
  expect(event.data.live_tst_min).toBeNull();
  expect(event.data.nap).toBe(false);
});

test('a closed night has its ranges and what the live scores came to', () => {
  const data = { ...closed_before, tst_low_min: 380, tst_high_min: 410, nap: true, live_nwak_1min: 3 };
  const event = read_event({ ...left, kind: 'night.closed', data })!;
  if (event.kind !== 'night.closed') throw new Error(event.kind);
  expect([event.data.tst_low_min, event.data.tst_high_min]).toEqual([380, 410]);
  expect(event.data.nap).toBe(true);
  expect(event.data.live_nwak_1min).toBe(3);
});
