import { expect, test } from 'vitest';
import { type LogEvent, read_event } from '../wire/events.ts';
import { fold, late_note } from './fold.ts';

const start = Date.parse('2026-11-22T00:00:00Z');
let seq = 0;
function at(minutes: number, kind: string, data: Record<string, unknown> = {}, client_id = ''): LogEvent {
  return read_event({
    kind,
    seq: ++seq,
    bed: 'b',
    t: new Date(start + minutes * 60_000).toISOString(),
    data,
    client_id,
  })!;
}
const minutes = (ms: number) => (ms - start) / 60_000;

test('a night as spans of one state each', () => {
  const facts = fold([
    at(0, 'bed.entered', { ago_s: 0 }),
    at(15, 'sleep.began', { ago_s: 300 }),
    at(60, 'restless.began', { ago_s: 0 }),
    at(62, 'restless.ended', { ago_s: 0, lasted_s: 120 }),
    at(90, 'sleep.ended', { ago_s: 60 }),
    at(95, 'bed.left', { ago_s: 0, stay_s: 5700 }),
  ]);
  expect(facts.spans.map((s) => [minutes(s.from), s.state])).toEqual([
    [0, 'awake'],
    [10, 'asleep'],
    [60, 'restless'],
    [62, 'asleep'],
    [89, 'awake'],
    [95, 'out_of_bed'],
  ]);
});

test('a silent sensor makes the state unknown until it is back', () => {
  const facts = fold([
    at(0, 'bed.entered', { ago_s: 0 }),
    at(10, 'device.stale', { device: 'scale', silent_s: 10 }),
    at(12, 'device.lost', { device: 'scale', reason: 'unplugged' }),
    at(20, 'device.recovered', { device: 'scale', away_s: 600 }),
  ]);
  expect(facts.spans.map((s) => [minutes(s.from), s.state])).toEqual([
    [0, 'awake'],
    [10, 'unknown'],
    [20, 'awake'],
  ]);
});

test('hindsight replaces what it reaches back over', () => {
  const facts = fold([
    at(0, 'bed.entered', { ago_s: 0 }),
    at(30, 'restless.began', { ago_s: 0 }),
    at(40, 'bed.left', { ago_s: 720, stay_s: 60 }),
  ]);
  expect(facts.spans.map((s) => [minutes(s.from), s.state])).toEqual([
    [0, 'awake'],
    [28, 'out_of_bed'],
  ]);
});

test('an awakening is one thing with a fate', () => {
  const facts = fold([
    at(0, 'night.opened', { night: 'n', ago_s: 0 }),
    at(10, 'awakening.suspected', { number: 1, ago_s: 8, cause: 'movement' }),
    at(11, 'awakening.confirmed', { number: 1, ago_s: 68, cause: '60 s awake' }),
    at(20, 'awakening.ended', { number: 1, ago_s: 60, lasted_s: 480 }),
    at(40, 'awakening.suspected', { number: 2, ago_s: 8, cause: 'movement' }),
    at(42, 'awakening.withdrawn', { number: 2, ago_s: 128, cause: 'still again' }),
    at(50, 'awakening.suspected', { number: 3, ago_s: 8, cause: 'movement' }),
  ]);
  expect(facts.awakenings.map((a) => [a.number, a.state, a.ended && minutes(a.ended)])).toEqual([
    [1, 'confirmed', 19],
    [2, 'withdrawn', undefined],
    [3, 'suspected', undefined],
  ]);
});

test('awakening 1 of the next night is another', () => {
  const first = at(0, 'night.opened', { night: 'n1', ago_s: 0 });
  const one = at(10, 'awakening.confirmed', { number: 1, ago_s: 0, cause: 'left bed' });
  const second = at(1000, 'night.opened', { night: 'n2', ago_s: 0 });
  const other = at(1010, 'awakening.suspected', { number: 1, ago_s: 0, cause: 'movement' });
  expect(fold([first, one, second, other]).awakenings.map((a) => a.state)).toEqual([
    'confirmed',
    'suspected',
  ]);
});

test('a check-in that was taken back is none; a corrected one has the right score', () => {
  const wrong = at(10, 'pain.checkin', { score: 7 });
  const mistaken = at(20, 'pain.checkin', { score: 3 });
  const facts = fold([
    wrong,
    mistaken,
    at(21, 'entry.corrected', { corrects: wrong.seq, withdrawn: false, score: 6, note: '' }),
    at(22, 'entry.corrected', { corrects: mistaken.seq, withdrawn: true, score: null, note: 'taken back' }),
  ]);
  expect(facts.checkins.map((c) => [c.score, c.corrected])).toEqual([[6, true]]);
});

test('a check-in that had to wait stands where it was made', () => {
  const saved = at(40, 'pain.checkin', { score: 7 });
  const made = start + 10 * 60_000;
  const facts = fold([
    saved,
    at(40, 'entry.corrected', { corrects: saved.seq, withdrawn: false, score: null, note: late_note(made) }),
  ]);
  expect(facts.checkins[0]!.at).toBe(made);
});

test('a note about a time that cannot be moves nothing', () => {
  const saved = at(40, 'pain.checkin', { score: 7 });
  for (const note of ['entered at noon', `entered at ${new Date(start + 1e9).toISOString()}, later`]) {
    const facts = fold([
      saved,
      at(41, 'entry.corrected', { corrects: saved.seq, withdrawn: false, score: null, note }),
    ]);
    expect(facts.checkins[0]!.at).toBe(saved.at);
  }
});

test('a question stands until it is answered', () => {
  const asked = at(10, 'pain.prompted', { reason: 'awakening' });
  expect(fold([asked]).prompted).toBe(asked.at);
  expect(fold([asked, at(11, 'pain.checkin', { score: 0 })]).prompted).toBeUndefined();
});

test('a night that began before what is held is known from its end', () => {
  const closed = at(480, 'night.closed', {
    night: 'n',
    ago_s: 0,
    tib_min: 470,
    nwak_1min: 0,
    nwak_5min: 0,
    exits: 0,
    position_changes: 0,
    restless_episodes: 0,
    unknown_min: 0,
    coverage_percent: 100,
  });
  expect(fold([closed]).nights).toEqual([{ night: 'n', opened: start + 600_000, closed: closed.at }]);
});

test('without an event about it the state is not claimed', () => {
  expect(fold([at(0, 'daemon.started', { version: '1', clean: true, time_scale: 1 })]).spans).toEqual([]);
  expect(fold([at(0, 'restless.ended', { ago_s: 0, lasted_s: 1 })]).spans[0]!.state).toBe('unknown');
});

test('presses: a flare has no number, a call stands until it is seen', () => {
  const press = (minute: number, kind: string) =>
    at(minute, kind, { device: 'button:RED', press: '1', ago_s: 0.6 });
  const early = press(10, 'call.made');
  const late = press(12, 'call.made');
  const events = [
    at(9, 'button.pressed', { device: 'button:RED' }),
    early,
    press(11, 'pain.flare'),
    late,
    press(13, 'awake.said'),
  ];
  const facts = fold(events);
  expect(facts.flares.map((f) => Math.round(minutes(f.at) * 60))).toEqual([659]);
  expect(facts.calls.map((c) => c.seq)).toEqual([early.seq, late.seq]);
  expect(minutes(facts.pressed!.at)).toBe(9);
  expect(facts.checkins).toEqual([]);
  expect(fold([...events, at(14, 'call.seen', { call: early.seq })]).calls.map((c) => c.seq)).toEqual([
    late.seq,
  ]);
  expect(fold([...events, at(14, 'call.seen', { call: late.seq })]).calls).toEqual([]);
});

test('a button that was pulled out hides no state', () => {
  const facts = fold([
    at(0, 'bed.entered', { ago_s: 0 }),
    at(10, 'device.lost', { device: 'button:RED', reason: 'unplugged' }),
  ]);
  expect(facts.spans.map((s) => s.state)).toEqual(['awake']);
});

test('an awakening keeps its place while it is suspected, confirmed, withdrawn', () => {
  const suspected = at(30, 'awakening.suspected', { number: 1, ago_s: 12, cause: 'movement' });
  const before = fold([at(0, 'night.opened', { night: 'n', ago_s: 0 }), suspected]);
  expect(before.awakenings).toMatchObject([{ number: 1, state: 'suspected', from: suspected.since }]);
  const after = fold([
    at(0, 'night.opened', { night: 'n', ago_s: 0 }),
    suspected,
    at(32, 'awakening.withdrawn', { number: 1, ago_s: 132, cause: 'still again' }),
  ]);
  expect(after.awakenings).toHaveLength(1);
  expect(after.awakenings[0]).toMatchObject({
    state: 'withdrawn',
    from: suspected.since,
    cause: 'still again',
  });
  expect(minutes(after.awakenings[0]!.said)).toBe(32);
});

test('what was learned of a person, until it is forgotten', () => {
  expect(fold([]).baseline).toBeUndefined();
  const data = { version: 3, nights: 9, heart_bpm: 54, breath_rpm: 13, moving_percent: 4, load_kg: null };
  const learned = at(0, 'baseline.learned', data);
  expect(fold([learned]).baseline).toMatchObject({ ...data, at: learned.at, seq: learned.seq });
  const forgotten = fold([learned, at(5, 'baseline.reset')]);
  expect(forgotten.baseline).toBeNull();
  expect(minutes(forgotten.forgotten!)).toBe(5);
  expect(fold([learned, at(5, 'baseline.reset'), at(9, 'baseline.learned', data)]).baseline).not.toBeNull();
});
