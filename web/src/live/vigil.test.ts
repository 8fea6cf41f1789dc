import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SocketLike } from './socket.ts';
import { quiet_ms, Vigil } from './vigil.svelte.ts';

vi.stubGlobal('location', { protocol: 'http:', host: '127.0.0.1:8580' });

class Fake {
  binaryType = '';
  onopen: ((e?: unknown) => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number; reason: string }) => void) | null = null;
  onerror = null;
  sent: string[] = [];
  constructor(readonly url: URL) {}
  send(data: string) {
    this.sent.push(data);
  }
  close() {}
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let sockets: Fake[];
let vigil: Vigil;
let fetched: [string, number][];
let seq: number;
const begin = Date.parse('2026-11-22T02:00:00Z');
const t = () => new Date(Date.now()).toISOString();
const newest = () => sockets[sockets.length - 1]!;

const reading = (bed: string, state = 'asleep', more = {}) => ({
  bed,
  t: t(),
  state,
  state_since: new Date(begin).toISOString(),
  why: '',
  load_kg: { v: 71.2, age_s: 0.4 },
  ...more,
});
const hello = (more = {}) => ({
  kind: 'hello',
  t: t(),
  version: '0.1.0',
  log: 'log-a',
  head: seq,
  time_scale: 1,
  recording: { writing: true, trouble: '' },
  reset: false,
  beds: ['bed-1', 'bed-2'].map((bed) => ({
    bed,
    label: bed,
    person: '',
    simulated: true,
    night: null,
    reading: reading(bed),
  })),
  devices: [],
  ...more,
});
const event = (n: number, bed = 'bed-1') => ({ kind: 'lights.on', seq: n, bed, t: t(), data: {} });
const history = (from: number, to: number) => ({
  kind: 'history',
  events: Array.from({ length: to - from + 1 }, (_, i) => event(from + i)),
  through: to,
  head: seq,
});
const readings = (more = {}) => ({
  kind: 'readings',
  t: t(),
  beds: [reading('bed-1', 'asleep', more), reading('bed-2')],
});
const held = () =>
  [...vigil.house, ...vigil.beds.flatMap((b) => b.events)].map((e) => e.seq).sort((a, b) => a - b);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function connect(message = hello()): Fake {
  const socket = newest();
  socket.onopen?.();
  socket.say(message);
  return socket;
}

let names = 0;
beforeEach(() => {
  vi.useFakeTimers({
    now: begin,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
  sockets = [];
  fetched = [];
  seq = 10;
  vigil = new Vigil({
    make: (url) => {
      const socket = new Fake(new URL(url));
      sockets.push(socket);
      return socket as unknown as SocketLike;
    },
    elapsed: { steady: () => 0, wall: () => Date.now() },
    probe: () => Promise.resolve(true),
    fetch_epochs: (bed, from) => {
      fetched.push([bed, from]);
      return Promise.resolve([]);
    },
    outbox_name: `v${names++}`,
  });
  vigil.follow({ beds: [], waves: true });
});
afterEach(() => {
  vigil.stop();
  vi.useRealTimers();
});

test('before hello nothing is live', () => {
  expect(vigil.live).toBe(false);
  newest().onopen?.();
  expect(vigil.live).toBe(false);
});

test('after hello and history the page holds the log and is live', () => {
  connect().say(history(4, 10));
  expect(vigil.live).toBe(true);
  expect(vigil.caught_up).toBe(true);
  expect(held()).toEqual(range(4, 10));
  expect(vigil.told(vigil.beds[0]!)).toMatchObject({ state: 'asleep', live: true });
  expect(fetched.map(([bed]) => bed)).toEqual(['bed-1', 'bed-2']);
});

test('a silent line makes every bed unknown, though the socket is open', () => {
  const socket = connect();
  vi.advanceTimersByTime(quiet_ms - 1_000);
  expect(vigil.live).toBe(true);
  vi.advanceTimersByTime(1_500);
  expect(vigil.live).toBe(false);
  expect(vigil.told(vigil.beds[0]!)).toMatchObject({
    state: 'unknown',
    live: false,
    last: { state: 'asleep' },
  });
  expect(vigil.value(vigil.beds[0]!, 'load_kg')?.stale).toBe(true);
  socket.say(readings());
  expect(vigil.live).toBe(true);
});

test('how sure it is is told only while it is current', () => {
  const socket = connect();
  expect(vigil.told(vigil.beds[0]!).p_asleep).toBeNull();
  socket.say(readings({ p_asleep: 0.93 }));
  expect(vigil.told(vigil.beds[0]!).p_asleep).toBe(0.93);
  vi.advanceTimersByTime(3_000);
  expect(vigil.age_s(vigil.beds[0]!)).toBe(3);
  vi.advanceTimersByTime(quiet_ms);
  expect(vigil.told(vigil.beds[0]!).p_asleep).toBeNull();
});

test('one bed of which no reading comes is unknown while the others live', () => {
  const socket = connect();
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(1_000);
    socket.say({ kind: 'readings', t: t(), beds: [reading('bed-1')] });
  }
  expect(vigil.live).toBe(true);
  expect(vigil.told(vigil.bed('bed-1')!).live).toBe(true);
  expect(vigil.told(vigil.bed('bed-2')!)).toMatchObject({ state: 'unknown', live: false });
});

test('a value grows old on the page’s own clock', () => {
  const socket = connect();
  socket.say(readings({ load_kg: { v: 70, age_s: 13 } }));
  expect(vigil.value(vigil.beds[0]!, 'load_kg')).toMatchObject({ value: 70, stale: false });
  vi.advanceTimersByTime(3_000);
  expect(vigil.value(vigil.beds[0]!, 'load_kg')).toMatchObject({ age_s: 16, stale: true });
  expect(vigil.value(vigil.beds[0]!, 'heart_bpm')).toBeUndefined();
});

test('a lost line: unknown at once, resumed from the last number, no gap, no duplicate', () => {
  connect().say(history(4, 10));
  newest().onclose?.({ code: 1006, reason: '' });
  expect(vigil.live).toBe(false);
  expect(vigil.told(vigil.beds[0]!).state).toBe('unknown');
  vi.advanceTimersByTime(1_000);
  expect(newest().url.searchParams.get('since')).toBe('10');
  expect(newest().url.searchParams.get('log')).toBe('log-a');
  seq = 13;
  connect().say(history(11, 13));
  newest().say(event(14));
  newest().say(event(14));
  expect(held()).toEqual(range(4, 14));
  expect(vigil.live).toBe(true);
  expect(vigil.sequence.duplicates).toBe(1);
});

test('a missing number is not passed over: the page asks again', () => {
  connect().say(history(4, 10));
  newest().say(event(12));
  expect(held()).toEqual(range(4, 10));
  vi.advanceTimersByTime(1_000);
  expect(newest().url.searchParams.get('since')).toBe('10');
  seq = 12;
  connect().say(history(11, 12));
  expect(held()).toEqual(range(4, 12));
});

test('history torn in the middle keeps what stands before and asks for the rest', () => {
  connect().say({ ...history(4, 10), events: [event(4), event(5), event(7)] });
  expect(held()).toEqual([4, 5]);
  vi.advanceTimersByTime(1_000);
  expect(newest().url.searchParams.get('since')).toBe('5');
});

test('another log, or a reset, forgets what was held', () => {
  connect().say(history(4, 10));
  newest().onclose?.({ code: 1006, reason: '' });
  vi.advanceTimersByTime(1_000);
  seq = 2;
  connect(hello({ log: 'log-b', reset: true })).say(history(1, 2));
  expect(held()).toEqual([1, 2]);
  expect(vigil.log).toBe('log-b');
});

test('trouble with recording is told, and an event without a number is shown without one', () => {
  const socket = connect();
  socket.say({ kind: 'recording', writing: false, trouble: 'disk full' });
  expect(vigil.recording).toEqual({ writing: false, trouble: 'disk full' });
  socket.say({ ...event(0), seq: undefined, unrecorded: true });
  expect(vigil.beds[0]!.events.map((e) => e.seq)).toEqual([0]);
});

test('what cannot be understood is counted and changes nothing', () => {
  const socket = connect();
  socket.onmessage?.({ data: '{"kind":"readings","t":"soon","beds":[]}' });
  socket.onmessage?.({ data: new ArrayBuffer(3) });
  expect(vigil.refused).toBe(2);
  expect(vigil.live).toBe(true);
});

test('at a scale of 60 the page’s clock runs with the server’s', () => {
  connect(hello({ time_scale: 60 }));
  vi.advanceTimersByTime(2_000);
  expect(vigil.now).toBe(begin + 120_000);
  expect(vigil.told(vigil.beds[0]!).live).toBe(true);
});

test('another view asks for other beds and starts afresh', () => {
  connect().say(history(4, 10));
  vigil.follow({ beds: ['bed-2'], waves: false });
  expect(vigil.beds).toEqual([]);
  expect(newest().url.searchParams.get('beds')).toBe('bed-2');
  expect(newest().url.searchParams.get('since')).toBeNull();
  connect(hello({ beds: [hello().beds[1]] })).say({
    ...history(1, 0),
    events: [event(6, 'bed-2'), event(9, 'bed-2')],
    through: 10,
  });
  expect(held()).toEqual([6, 9]);
  expect(vigil.sequence.through).toBe(10);
});

test('the cut shows in the night: what came before says nothing of the time between', () => {
  connect();
  newest().say(readings());
  newest().onclose?.({ code: 1006, reason: '' });
  expect(vigil.beds[0]!.seen.map((s) => s.state)).toEqual(['asleep', 'unknown']);
});
