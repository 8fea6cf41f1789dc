import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LogEvent, read_event } from '../wire/events.ts';
import { type Accepted, type EntryBody, Refused } from '../wire/rest.ts';
import { type Kept, Outbox } from './outbox.ts';

type Answer = (body: EntryBody) => Promise<Accepted>;

/** A log that answers as the server's contract says: the same id twice is one entry. */
class Log {
  events: LogEvent[] = [];
  posts: EntryBody[] = [];
  now = Date.parse('2026-11-22T02:00:00Z');
  answer: Answer = (body) => Promise.resolve(this.commit(body));

  commit(body: EntryBody): Accepted {
    const known = this.events.find((e) => e.client_id === body.id);
    if (known) return { event: known, repeated: true };
    const event = read_event({
      kind: body.kind,
      seq: this.events.length + 1,
      bed: 'b',
      t: new Date(this.now).toISOString(),
      data: body.data,
      client_id: body.id,
    })!;
    this.events.push(event);
    return { event, repeated: false };
  }
}

let names = 0;
let log: Log;
let opened: Outbox[] = [];

function open(name: string): { outbox: Outbox; kept: () => readonly Kept[] } {
  let kept: readonly Kept[] = [];
  const outbox = new Outbox({
    name,
    post: (_, body) => {
      log.posts.push(body);
      return log.answer(body);
    },
    now: () => log.now,
    changed: (entries) => {
      kept = entries;
    },
  });
  opened.push(outbox);
  return { outbox, kept: () => kept };
}

const fail: Answer = () => Promise.reject(new TypeError('network'));
/** Lets everything that is under way come to rest, without letting retries come due. */
const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  log = new Log();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  opened = [];
});

test('an entry is told saved only when the log has it', async () => {
  const { outbox, kept } = open(`o${names++}`);
  let release: () => void = () => undefined;
  log.answer = (body) => new Promise((resolve) => (release = () => resolve(log.commit(body))));
  const entry = await outbox.add('b', 'pain.checkin', { score: 7 });
  let outcome: unknown;
  void outbox.outcome(entry.id).then((o) => (outcome = o));
  await settle();
  expect(outcome).toBeUndefined();
  expect(kept()).toHaveLength(1);
  release();
  await settle();
  expect(outcome).toMatchObject({ saved: { seq: 1, client_id: entry.id } });
  expect(kept()).toHaveLength(0);
});

test('an entry outlives the page and goes out with the same id', async () => {
  const name = `o${names++}`;
  log.answer = fail;
  const before = open(name);
  const entry = await before.outbox.add('b', 'pain.checkin', { score: 7 });
  await settle();
  expect(log.posts).toHaveLength(1);

  log.answer = (body) => Promise.resolve(log.commit(body));
  const after = open(name);
  await after.outbox.ready;
  await settle();
  vi.advanceTimersByTime(1);
  await settle();
  expect(log.events.map((e) => e.client_id)).toEqual([entry.id]);
  expect(after.kept()).toHaveLength(0);
  const third = open(name);
  await third.outbox.ready;
  expect(third.kept()).toHaveLength(0);
});

test('an answer that was lost makes no second entry', async () => {
  const { outbox } = open(`o${names++}`);
  let lost = true;
  log.answer = (body) => {
    const answer = log.commit(body);
    if (!lost) return Promise.resolve(answer);
    lost = false;
    return Promise.reject(new TypeError('connection reset'));
  };
  const entry = await outbox.add('b', 'pain.checkin', { score: 7 });
  const outcome = outbox.outcome(entry.id);
  await settle();
  vi.advanceTimersByTime(2_000);
  await settle();
  expect(await outcome).toMatchObject({ saved: { seq: 1 } });
  expect(log.posts.map((p) => p.id)).toEqual([entry.id, entry.id]);
  expect(log.events).toHaveLength(1);
});

test('the live stream may tell before the answer does', async () => {
  const { outbox, kept } = open(`o${names++}`);
  log.answer = (body) => {
    void outbox.seen(log.commit(body).event);
    return Promise.reject(new TypeError('connection reset'));
  };
  const entry = await outbox.add('b', 'pain.checkin', { score: 7 });
  expect(await outbox.outcome(entry.id)).toMatchObject({ saved: { seq: 1 } });
  await settle();
  expect(kept()).toHaveLength(0);
});

test('waits grow, and the server’s own Retry-After is kept', async () => {
  const { outbox } = open(`o${names++}`);
  log.answer = () => Promise.reject(new Refused(503, 'busy', 'queue full', 7));
  await outbox.add('b', 'note.added', { text: 'x' });
  await settle();
  vi.advanceTimersByTime(6_900);
  await settle();
  expect(log.posts).toHaveLength(1);
  vi.advanceTimersByTime(200);
  await settle();
  expect(log.posts).toHaveLength(2);
});

test('a full disk is waited out', async () => {
  const { outbox, kept } = open(`o${names++}`);
  log.answer = () => Promise.reject(new Refused(507, 'disk', 'the disk is full'));
  await outbox.add('b', 'pain.checkin', { score: 2 });
  await settle();
  expect(kept()[0]).toMatchObject({ refused: false, trouble: 'the disk is full' });
  log.answer = (body) => Promise.resolve(log.commit(body));
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(log.events).toHaveLength(1);
});

test.each([400, 403, 409, 413, 415, 422])(
  'what the server will not take (%i) is kept to be read, and does not block the next',
  async (status) => {
    const { outbox, kept } = open(`o${names++}`);
    log.answer = (body) =>
      body.kind === 'note.added'
        ? Promise.reject(new Refused(status, 'bad', 'no'))
        : Promise.resolve(log.commit(body));
    const bad = await outbox.add('b', 'note.added', { text: 'x' });
    const good = await outbox.add('b', 'pain.checkin', { score: 1 });
    expect(await outbox.outcome(bad.id)).toEqual({ refused: 'no' });
    await settle();
    expect(kept().map((e) => [e.id, e.refused])).toEqual([[bad.id, true]]);
    expect(log.events.map((e) => e.client_id)).toEqual([good.id]);
    await outbox.dismiss(bad.id);
    expect(kept()).toHaveLength(0);
  },
);

test('a bed that is not known yet is waited for, and holds up no other bed', async () => {
  const { outbox, kept } = open(`o${names++}`);
  let known = false;
  log.answer = (body) =>
    body.data.text === 'early' && !known
      ? Promise.reject(new Refused(404, 'bed', 'there is no such bed'))
      : Promise.resolve(log.commit(body));
  await outbox.add('bed-1', 'note.added', { text: 'early' });
  await outbox.add('bed-1', 'note.added', { text: 'after it' });
  await outbox.add('bed-2', 'note.added', { text: 'elsewhere' });
  await settle();
  expect(log.events.map((e) => (e.data as { text: string }).text)).toEqual(['elsewhere']);
  expect(kept().map((e) => e.refused)).toEqual([false, false]);
  known = true;
  vi.advanceTimersByTime(30_000);
  await settle();
  expect(log.events.map((e) => (e.data as { text: string }).text)).toEqual([
    'elsewhere',
    'early',
    'after it',
  ]);
});

test('one taken back before it was ever sent leaves no trace', async () => {
  const { outbox } = open(`o${names++}`);
  let release: () => void = () => undefined;
  log.answer = (body) => new Promise((resolve) => (release = () => resolve(log.commit(body))));
  await outbox.add('b', 'note.added', { text: 'holds the line' });
  await settle();
  const entry = await outbox.add('b', 'pain.checkin', { score: 9 });
  await outbox.take_back(entry.id);
  release();
  await settle();
  expect(log.events.map((e) => e.kind)).toEqual(['note.added']);
});

test('one taken back while it may already be in the log is withdrawn there, once', async () => {
  const { outbox, kept } = open(`o${names++}`);
  let lost = 2;
  log.answer = (body) => {
    const answer = log.commit(body);
    return lost-- > 0 ? Promise.reject(new TypeError('reset')) : Promise.resolve(answer);
  };
  const entry = await outbox.add('b', 'pain.checkin', { score: 9 });
  await settle();
  await outbox.take_back(entry.id);
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(30_000);
    await settle();
  }
  expect(log.events.map((e) => e.kind)).toEqual(['pain.checkin', 'entry.corrected']);
  expect(log.events[1]!.data).toMatchObject({ corrects: 1, withdrawn: true });
  expect(kept()).toHaveLength(0);
});

test('an entry that had to wait says in the log when it was made', async () => {
  const { outbox } = open(`o${names++}`);
  log.answer = fail;
  const entry = await outbox.add('b', 'pain.checkin', { score: 7 });
  await settle();
  log.now += 30 * 60_000;
  log.answer = (body) => Promise.resolve(log.commit(body));
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(log.events.map((e) => e.kind)).toEqual(['pain.checkin', 'entry.corrected']);
  const note = (log.events[1]!.data as { note: string }).note;
  expect(note).toContain(new Date(entry.made).toISOString());
});

test('a browser without storage still sends, and says that it keeps nothing', async () => {
  vi.stubGlobal('indexedDB', undefined);
  try {
    const { outbox } = open(`o${names++}`);
    await outbox.ready;
    expect(outbox.durable).toBe(false);
    const entry = await outbox.add('b', 'pain.checkin', { score: 7 });
    expect(await outbox.outcome(entry.id)).toMatchObject({ saved: { seq: 1 } });
  } finally {
    vi.unstubAllGlobals();
  }
});
