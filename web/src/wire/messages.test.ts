import { expect, test } from 'vitest';
import { read_message } from './messages.ts';

const t = '2026-11-22T02:41:07.123Z';
const reading = {
  bed: 'bed-1',
  t,
  state: 'asleep',
  state_since: t,
  why: '',
  load_kg: { v: 71.2, age_s: 0.4 },
  movement_kg: null,
  activity_mg: null,
  counts: null,
  breath_rpm: null,
  heart_bpm: null,
};
const hello = {
  kind: 'hello',
  t,
  version: '0.1.0',
  log: 'l',
  head: 3,
  time_scale: 1,
  recording: { writing: true, trouble: '' },
  reset: false,
  beds: [{ bed: 'bed-1', label: 'Bed 1', person: '', simulated: true, night: null, reading }],
  devices: [],
};
const read = (raw: unknown) => read_message(JSON.stringify(raw));

test('hello', () => {
  const message = read(hello);
  expect(message.kind === 'hello' && message.beds[0]!.reading.load_kg).toEqual({ v: 71.2, age_s: 0.4 });
  expect(message.kind === 'hello' && message.t).toBe(Date.parse(t));
});

test('an event frame is known by the dot in its kind', () => {
  const message = read({ kind: 'lights.out', seq: 4, bed: 'bed-1', t, data: {} });
  expect(message.kind === 'event' && message.event.seq).toBe(4);
});

test('history holds events in order', () => {
  const events = [1, 2].map((seq) => ({ kind: 'lights.on', seq, bed: 'b', t, data: {} }));
  const message = read({ kind: 'history', events, through: 2, head: 9 });
  expect(message.kind === 'history' && message.events.map((e) => e.seq)).toEqual([1, 2]);
});

test.each([
  ['text that is no JSON', '{"kind":'],
  ['a number', '7'],
  ['null', 'null'],
  ['no kind', '{}'],
  ['a kind that every object has', '{"kind":"toString"}'],
  [
    'a state that there is not',
    JSON.stringify({ kind: 'readings', t, beds: [{ ...reading, state: 'dreaming' }] }),
  ],
  [
    'a load in words',
    JSON.stringify({ kind: 'readings', t, beds: [{ ...reading, load_kg: { v: 'heavy', age_s: 0 } }] }),
  ],
  [
    'a probability beyond one',
    JSON.stringify({ kind: 'readings', t, beds: [{ ...reading, p_asleep: 1.01 }] }),
  ],
  ['a hello without its head', JSON.stringify({ ...hello, head: undefined })],
  ['a time scale of nought', JSON.stringify({ ...hello, time_scale: 0 })],
  ['history with what is no event', JSON.stringify({ kind: 'history', events: [{}], through: 1, head: 1 })],
])('%s is refused, with a reason', (_, frame) => {
  const message = read_message(frame);
  expect(message.kind).toBe('refused');
  expect(message.kind === 'refused' && message.why).not.toBe('');
});
