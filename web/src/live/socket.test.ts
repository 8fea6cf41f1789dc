import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Link, type LinkState, type SocketLike, silence_ms } from './socket.ts';

class Fake implements SocketLike {
  binaryType = '';
  onopen: ((e: never) => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number; reason: string }) => void) | null = null;
  onerror: ((e: never) => void) | null = null;
  sent: string[] = [];
  closed = false;
  constructor(readonly url: string) {}
  send(data: string) {
    this.sent.push(data);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.onopen?.(undefined as never);
  }
  say(data: unknown) {
    this.onmessage?.({ data });
  }
  end(code = 1006) {
    this.onclose?.({ code, reason: '' });
  }
}

let sockets: Fake[];
let states: LinkState[];
let frames: unknown[];
let there: boolean;
let asked: number;
let since: number;
let link: Link;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  states = [];
  frames = [];
  there = true;
  asked = 0;
  since = 0;
  link = new Link({
    url: () => `ws://x/?since=${since}`,
    make: (url) => {
      const socket = new Fake(url);
      sockets.push(socket);
      return socket;
    },
    text: (frame) => frames.push(frame),
    binary: (frame) => frames.push(frame),
    changed: (state) => states.push(state),
    probe: () => {
      asked++;
      return Promise.resolve(there);
    },
    elapsed: { steady: () => Date.now(), wall: () => Date.now() },
  });
  link.start();
});
afterEach(() => {
  link.stop();
  vi.useRealTimers();
});

const newest = () => sockets[sockets.length - 1]!;

test('frames of both kinds reach the page', () => {
  newest().open();
  newest().say('{}');
  const waves = new ArrayBuffer(2);
  newest().say(waves);
  expect(frames).toEqual(['{}', waves]);
  expect(link.state).toBe('open');
});

test('a lost line is opened again, each time asking from the newest it has, with waits that grow', () => {
  newest().open();
  newest().end();
  expect(link.state).toBe('lost');
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const before = sockets.length;
    since = i;
    let waited = 0;
    while (sockets.length === before) {
      vi.advanceTimersByTime(50);
      waited += 50;
    }
    waits.push(waited);
    expect(newest().url).toContain(`since=${i}`);
    newest().end();
  }
  expect(waits[0]).toBeLessThan(1_000);
  expect(waits[3]!).toBeGreaterThan(waits[0]!);
  expect(Math.max(...waits)).toBeLessThanOrEqual(12_550);
});

test('one good line makes the next wait short again', () => {
  for (let i = 0; i < 6; i++) {
    const before = sockets.length;
    newest().end();
    while (sockets.length === before) vi.advanceTimersByTime(50);
  }
  newest().open();
  link.settle();
  newest().end();
  const before = sockets.length;
  vi.advanceTimersByTime(700);
  expect(sockets.length).toBe(before + 1);
});

test('a page that comes back does not wait', () => {
  newest().open();
  for (let i = 0; i < 5; i++) {
    newest().end();
    vi.advanceTimersByTime(15_000);
  }
  newest().end();
  const before = sockets.length;
  link.nudge();
  expect(sockets.length).toBe(before + 1);
  link.nudge();
  expect(sockets.length).toBe(before + 1);
});

test('an open but silent line is asked about, then given up', async () => {
  newest().open();
  there = false;
  await vi.advanceTimersByTimeAsync(silence_ms + 1_500);
  expect(asked).toBe(1);
  expect(sockets[0]!.closed).toBe(true);
  expect(states).toEqual(['open', 'lost']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets.length).toBe(2);
});

test('a silent line whose server answers is kept', async () => {
  newest().open();
  await vi.advanceTimersByTimeAsync(silence_ms * 4);
  expect(asked).toBeGreaterThan(1);
  expect(sockets.length).toBe(1);
});

test('one that never opens is given up', async () => {
  await vi.advanceTimersByTimeAsync(8_500);
  expect(sockets.length).toBeGreaterThan(1);
  expect(sockets[0]!.closed).toBe(true);
});

test('frames of a socket that was given up are not believed', () => {
  newest().open();
  const old = newest();
  const say = old.onmessage!;
  link.again();
  say({ data: 'late' });
  expect(frames).toEqual([]);
});

test('lost since the last frame, not since it was noticed', () => {
  newest().open();
  newest().say('{}');
  const at = Date.now();
  vi.advanceTimersByTime(3_000);
  newest().end();
  expect(link.lost_at?.wall).toBe(at);
});
