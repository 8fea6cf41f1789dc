import { expect, test } from 'vitest';
import { type LogEvent, read_event } from '../wire/events.ts';
import { look_back } from './look_back.ts';

const t = '2026-11-22T00:00:00Z';
const learned = { version: 3, nights: 9, heart_bpm: 54, breath_rpm: 13, moving_percent: 4, load_kg: 70 };
const event = (seq: number, kind = 'lights.on', data: object = {}): LogEvent =>
  read_event({ kind, seq, bed: 'b', t, data })!;

/** A server that gives at most 500 at once, and counts how often it was asked. */
function server(log: readonly LogEvent[]) {
  const asked: number[] = [];
  const get = async (since: number) => {
    asked.push(since);
    return log.filter((e) => e.seq > since).slice(0, 500);
  };
  return { get, asked };
}
const log = (length: number, ...special: LogEvent[]): LogEvent[] => {
  const by_seq = new Map(special.map((e) => [e.seq, e]));
  return Array.from({ length }, (_, i) => by_seq.get(i + 1) ?? event(i + 1));
};

test('what was learned before the page\u2019s history is found, the newest of it', async () => {
  const { get } = server(
    log(
      9_000,
      event(300, 'baseline.learned', { ...learned, version: 1 }),
      event(4_100, 'baseline.learned', { ...learned, version: 2 }),
    ),
  );
  expect((await look_back(get, 8_500)).baseline).toMatchObject({ version: 2, seq: 4_100 });
  expect((await look_back(get, 4_100)).baseline).toMatchObject({ version: 1, seq: 300 });
});

test('what was forgotten is not found again', async () => {
  const { get } = server(log(3_000, event(300, 'baseline.learned', learned), event(2_000, 'baseline.reset')));
  expect((await look_back(get, 3_000)).baseline).toBeNull();
});

test('a log without any is read once, and a long one not to its beginning', async () => {
  const short = server(log(1_200));
  expect((await look_back(short.get, 1_200)).baseline).toBeUndefined();
  expect(short.asked.length).toBeLessThanOrEqual(4);
  const long = server(
    log(1_000, event(1, 'baseline.learned', learned)).map((e) => ({ ...e, seq: e.seq * 1_000 })),
  );
  await look_back(long.get, 1_000_000);
  expect(Math.min(...long.asked)).toBeGreaterThan(800_000);
});

test('before the first event there is nothing to ask', async () => {
  const { get, asked } = server([]);
  expect((await look_back(get, 1)).baseline).toBeUndefined();
  expect((await look_back(get, 0)).baseline).toBeUndefined();
  expect(asked).toEqual([]);
});
