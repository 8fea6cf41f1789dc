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
