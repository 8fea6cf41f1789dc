import { expect, test } from 'vitest';
import { fold } from '../live/fold.ts';
import { read_event } from '../wire/events.ts';
import type { BedState } from '../wire/messages.ts';
import { type Epoch, epoch_ms } from '../wire/rest.ts';
import { build_strip, burst, merge, outline, overlay, read_out, type Segment, ticks } from './strip.ts';

const start = Date.parse('2026-11-21T22:40:00Z');
const min = 60_000;
const epochs = (from_min: number, to_min: number, state: BedState): Epoch[] =>
  Array.from({ length: ((to_min - from_min) * min) / epoch_ms }, (_, i) => ({
    from: start + from_min * min + i * epoch_ms,
    score: 'wake',
    rescored: null,
    state,
    counts: null,
    movement_kg: null,
    load_kg: null,
    scorer: '',
    rescorer: null,
    p_asleep: null,
    rescored_p_asleep: null,
  }));
const at = (minutes: number, kind: string, data: Record<string, unknown>) =>
  read_event({ kind, seq: 1, bed: 'b', t: new Date(start + minutes * min).toISOString(), data })!;
const input = (now_min: number, more: Partial<Parameters<typeof build_strip>[0]> = {}) => ({
  from: start,
  now: start + now_min * min,
  known_until: start + now_min * min,
  least_ms: 60 * min,
  epochs: [],
  seen: [],
  facts: fold([]),
  ...more,
});
const shown = (segments: readonly Segment[]) =>
  segments.map((s) => [(s.from - start) / min, (s.to - start) / min, s.state]);

test('epochs become segments; a hole between them is unknown', () => {
  const strip = build_strip(
    input(60, {
      epochs: [...epochs(0, 10, 'awake'), ...epochs(10, 30, 'asleep'), ...epochs(40, 60, 'asleep')],
    }),
  );
  expect(shown(strip.segments)).toEqual([
    [0, 10, 'awake'],
    [10, 30, 'asleep'],
    [30, 40, 'unknown'],
    [40, 60, 'asleep'],
  ]);
});

test('after the newest epoch what was seen live counts, up to the newest reading, then nothing is known', () => {
  const strip = build_strip(
    input(20, {
      epochs: epochs(0, 10, 'asleep'),
      seen: [{ from: start + 8 * min, state: 'awake' }],
      known_until: start + 15 * min,
    }),
  );
  expect(shown(strip.segments)).toEqual([
    [0, 10, 'asleep'],
    [10, 15, 'awake'],
    [15, 20, 'unknown'],
  ]);
});

test('without epochs the events tell the night', () => {
  const facts = fold([at(0, 'bed.entered', { ago_s: 0 }), at(20, 'sleep.began', { ago_s: 300 })]);
  expect(shown(build_strip(input(30, { facts })).segments)).toEqual([
    [0, 15, 'awake'],
    [15, 30, 'asleep'],
  ]);
});

test('the right edge stands still for a quarter of an hour, and a young night is not stretched', () => {
  expect((build_strip(input(5)).to - start) / min).toBe(60);
  expect((build_strip(input(61)).to - start) / min).toBe(75);
  expect((build_strip(input(74)).to - start) / min).toBe(75);
  expect((build_strip(input(400, { closed: start + 390 * min })).to - start) / min).toBe(390);
});

test('property: segments cover the night once, in order, whatever is laid upon whatever', () => {
  let seed = 3;
  const random = (n: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * n);
  };
  const states: BedState[] = ['asleep', 'awake', 'restless', 'out_of_bed'];
  const layer = () => {
    const out: Segment[] = [];
    for (let t = random(20); t < 100; ) {
      const to = Math.min(100, t + 1 + random(15));
      out.push({ from: t, to, state: states[random(4)]! });
      t = to + (random(3) === 0 ? random(12) : 0);
    }
    return out;
  };
  for (let run = 0; run < 200; run++) {
    const top = layer();
    const laid = overlay(overlay([{ from: 0, to: 100, state: 'unknown' }], layer()), top);
    let reached = 0;
    for (const segment of laid) {
      expect(segment.from).toBe(reached);
      expect(segment.to).toBeGreaterThan(segment.from);
      reached = segment.to;
    }
    expect(reached).toBe(100);
    for (let t = 0; t < 100; t++) {
      const over = top.find((s) => s.from <= t && t < s.to);
      if (over) expect(laid.find((s) => s.from <= t && t < s.to)!.state).toBe(over.state);
    }
    const merged = merge(laid, 10, 90);
    expect(merged[0]!.from).toBe(10);
    expect(merged[merged.length - 1]!.to).toBe(90);
    merged.forEach((s, i) => {
      if (i > 0) expect(s.state).not.toBe(merged[i - 1]!.state);
    });
  }
});

test('a moment is read out in a sentence, with what happened near it', () => {
  const facts = fold([
    at(0, 'night.opened', { night: 'n', ago_s: 0 }),
    at(31, 'awakening.confirmed', { number: 1, ago_s: 60, cause: '60 s awake' }),
    at(32, 'pain.checkin', { score: 7, regions: ['lower back'] }),
  ]);
  const strip = build_strip(
    input(60, { facts, epochs: [...epochs(0, 30, 'asleep'), ...epochs(30, 60, 'awake')] }),
  );
  const said = read_out(strip, start + 31.5 * min);
  expect(said).toMatch(/^\d\d:11: awake in bed, \d\d:10 to now \(30 min\)/);
  expect(said).toContain('; awakening at');
  expect(said).toContain('; pain 7, lower back at');
  expect(read_out(strip, start + 5 * min)).toMatch(/asleep, \d\d:40 to \d\d:10 \(30 min\)$/);
});

test('marks outside the night are not drawn on it', () => {
  const facts = fold([at(-30, 'pain.checkin', { score: 5 }), at(30, 'pain.checkin', { score: 4 })]);
  expect(build_strip(input(60, { facts })).marks.map((m) => m.score)).toEqual([4]);
});

test('each state has its own height, and the shortest is still a pixel wide', () => {
  const strip = build_strip(
    input(60, { epochs: [...epochs(0, 0.5, 'awake'), ...epochs(0.5, 60, 'asleep')] }),
  );
  expect(outline(strip, 'asleep', 60, 100)).toBe('M0.5 100.0V70.0H60.0V100.0Z');
  const [, x0, x1] = /M([\d.]+) .*H([\d.]+)V/.exec(outline(strip, 'awake', 60, 100))!;
  expect(Number(x1) - Number(x0)).toBeGreaterThanOrEqual(1);
  expect(outline(strip, 'restless', 60, 100)).toBe('');
});

test('ticks are few and on whole times of the clock', () => {
  const strip = build_strip(input(480));
  const marked = ticks(strip, 6);
  expect(marked.length).toBeLessThanOrEqual(6);
  expect(marked.length).toBeGreaterThan(2);
  for (const tick of marked) expect(tick.text).toMatch(/^\d\d:00$/);
});

test('a flare is a mark without a number, and is read out in words', () => {
  const facts = fold([at(30, 'pain.flare', { device: 'button:RED', press: '1', ago_s: 0.6 })]);
  const strip = build_strip(input(60, { facts }));
  expect(strip.marks.map((m) => m.kind)).toEqual(['flare']);
  expect(read_out(strip, start + 30 * min)).toContain('; pain flare, by button at');
  expect(burst(10, 10, 4).match(/M/g)).toHaveLength(3);
});

test('a mark keeps its key while what it marks changes', () => {
  const opened = at(0, 'night.opened', { night: 'n', ago_s: 0 });
  const suspected = at(30, 'awakening.suspected', { number: 1, ago_s: 0, cause: 'movement' });
  const withdrawn = at(32, 'awakening.withdrawn', { number: 1, ago_s: 120, cause: 'still again' });
  const checkin = at(31, 'pain.checkin', { score: 3 });
  const mark = (...events: Parameters<typeof fold>[0]) =>
    build_strip(input(60, { facts: fold(events) })).marks.find((m) => m.key.startsWith('awakening'))!;
  const before = mark(opened, suspected);
  const after = mark(opened, suspected, checkin, withdrawn);
  expect([before.kind, after.kind]).toEqual(['suspected', 'withdrawn']);
  expect(after.key).toBe(before.key);
  expect(after.at).toBe(before.at);
  const marks = build_strip(input(60, { facts: fold([opened, suspected, checkin, withdrawn]) })).marks;
  expect(new Set(marks.map((m) => m.key)).size).toBe(marks.length);
});

test('a moment is read out with how sure it was, where that is known', () => {
  const sure = epochs(0, 30, 'asleep').map((e) => ({ ...e, p_asleep: 0.934 }));
  const strip = build_strip(input(60, { epochs: [...sure, ...epochs(30, 60, 'awake')] }));
  expect(read_out(strip, start + 10 * min)).toMatch(/\(30 min\), P\(asleep\) \.93$/);
  expect(read_out(strip, start + 40 * min)).not.toContain('P(asleep)');
});
