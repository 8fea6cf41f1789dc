import type { Checkin, Facts, Span } from '../live/fold.ts';
import type { BedState } from '../wire/messages.ts';
import { type Epoch, epoch_ms } from '../wire/rest.ts';
import { clock_hm, lasting, p_words, pain_words, state_said } from '../words.ts';

/** The night strip as values: what was the case when, and the marks upon it. Drawing is NightStrip's. */

export interface Segment {
  from: number;
  to: number;
  state: BedState;
}

export interface Mark {
  /** The same for the same thing while it changes, so that it changes in its place. */
  key: string;
  at: number;
  kind: 'suspected' | 'confirmed' | 'withdrawn' | 'checkin' | 'flare' | 'lights_out' | 'lights_on';
  /** Check-ins only: 0 to 10. */
  score: number;
  text: string;
}

export interface Strip {
  from: number;
  /** The right edge; beyond `now` nothing is drawn. */
  to: number;
  now: number;
  segments: Segment[];
  marks: Mark[];
  /** Of a night that has ended. */
  over: boolean;
  /** P(asleep) of the epochs that have one, in order. */
  chances: readonly Chance[];
}

/** P(asleep) over the epoch that begins at `from`. */
export interface Chance {
  from: number;
  p: number;
}

/** Lays `over` upon `under`; both in order of time and free of overlap. */
export function overlay(under: readonly Segment[], over: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  let next = 0;
  for (const low of under) {
    let from = low.from;
    while (next < over.length && over[next]!.to <= from) next++;
    for (let i = next; i < over.length && over[i]!.from < low.to; i++) {
      const high = over[i]!;
      if (high.from > from) out.push({ from, to: high.from, state: low.state });
      from = Math.max(from, high.to);
    }
    if (from < low.to) out.push({ from, to: low.to, state: low.state });
  }
  return [...out, ...over].sort((a, b) => a.from - b.from);
}

/** Neighbours of one state become one; what is left over outside [from, to] is cut off. */
export function merge(segments: readonly Segment[], from: number, to: number): Segment[] {
  const out: Segment[] = [];
  for (const segment of segments) {
    const start = Math.max(from, segment.from);
    const end = Math.min(to, segment.to);
    if (end <= start) continue;
    const last = out[out.length - 1];
    if (last && last.state === segment.state && last.to >= start) last.to = Math.max(last.to, end);
    else out.push({ from: start, to: end, state: segment.state });
  }
  return out;
}

export function segments_of_spans(spans: readonly Span[], until: number): Segment[] {
  return spans
    .map((span, i) => ({ from: span.from, to: spans[i + 1]?.from ?? until, state: span.state }))
    .filter((segment) => segment.to > segment.from);
}

const segments_of_epochs = (epochs: readonly Epoch[]): Segment[] =>
  merge(
    epochs.map((e, i) => ({
      from: e.from,
      to: Math.min(e.from + epoch_ms, epochs[i + 1]?.from ?? Number.POSITIVE_INFINITY),
      state: e.state,
    })),
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  );

export interface StripInput {
  from: number;
  now: number;
  /** When the newest reading was made: beyond it nothing is known. */
  known_until: number;
  /** The strip is not stretched beyond this; e.g. an hour. */
  least_ms: number;
  /** A closed night ends here. */
  closed?: number | undefined;
  epochs: readonly Epoch[];
  seen: readonly Span[];
  facts: Facts;
}

const quarter_ms = 15 * 60_000;

/**
 * Epochs are the record; what this page saw live fills the time after the newest; what the events tell fills what
 * neither covers; the rest is unknown.
 */
export function build_strip(input: StripInput): Strip {
  const { from, facts } = input;
  const now = input.closed ?? input.now;
  const until = Math.min(now, input.closed ?? input.known_until);
  const span = Math.max(input.least_ms, now - from);
  const to = input.closed ?? from + Math.ceil(span / quarter_ms) * quarter_ms;

  let layers: Segment[] = [{ from, to: Math.max(from, now), state: 'unknown' }];
  layers = overlay(layers, merge(segments_of_spans(facts.spans, until), from, until));
  layers = overlay(layers, merge(segments_of_spans(input.seen, until), from, until));
  layers = overlay(layers, merge(segments_of_epochs(input.epochs), from, until));

  return {
    from,
    to,
    now,
    segments: merge(layers, from, now),
    marks: marks_of(facts, from, now),
    over: input.closed !== undefined,
    chances: chances_of(input.epochs),
  };
}

const chances_of = (epochs: readonly Epoch[]): Chance[] =>
  epochs.flatMap((e) => (e.p_asleep === null ? [] : [{ from: e.from, p: e.p_asleep }]));

export const chance_at = (chances: readonly Chance[], at: number): number | undefined =>
  chances.find((c) => c.from <= at && at < c.from + epoch_ms)?.p;

function marks_of(facts: Facts, from: number, to: number): Mark[] {
  const marks: Mark[] = [];
  for (const [i, a] of facts.awakenings.entries()) {
    const length = a.ended === undefined ? '' : `, for ${lasting(a.ended - a.from)}`;
    marks.push({
      key: `awakening ${i}`,
      at: a.from,
      kind: a.state,
      score: 0,
      text:
        a.state === 'confirmed'
          ? `awakening${length}`
          : `awakening ${a.state === 'withdrawn' ? 'suspected, then withdrawn' : 'suspected, not yet sure'}`,
    });
  }
  for (const [i, c] of facts.checkins.entries())
    marks.push({ key: `checkin ${i}`, at: c.at, kind: 'checkin', score: c.score, text: checkin_text(c) });
  for (const [i, f] of facts.flares.entries())
    marks.push({ key: `flare ${i}`, at: f.at, kind: 'flare', score: 0, text: flare_text });
  for (const [i, l] of facts.lights.entries()) {
    marks.push({
      key: `lights ${i}`,
      at: l.at,
      kind: l.out ? 'lights_out' : 'lights_on',
      score: 0,
      text: l.out ? 'lights out' : 'lights on',
    });
  }
  return marks.filter((m) => m.at >= from && m.at <= to).sort((a, b) => a.at - b.at);
}

export const flare_text = 'pain flare, by button';

/** Six arms from a middle: pain without a number. Pixels; also drawn where no strip is. */
export function burst(x: number, y: number, r: number): string {
  let d = '';
  for (const degrees of [30, 90, 150]) {
    const dx = r * Math.cos((degrees * Math.PI) / 180);
    const dy = r * Math.sin((degrees * Math.PI) / 180);
    d += `M${(x - dx).toFixed(1)} ${(y - dy).toFixed(1)}L${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  }
  return d;
}

export const checkin_text = (c: Checkin): string =>
  [pain_words(c.score), c.regions.join(' and ')].filter((s) => s !== '').join(', ');

/** The same at the head of a line. */
export const checkin_title = (c: Checkin): string => {
  const text = checkin_text(c);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export function segment_at(strip: Strip, at: number): Segment | undefined {
  return strip.segments.find((s) => s.from <= at && at < s.to) ?? strip.segments[strip.segments.length - 1];
}

/** What is marked near a moment: "; pain 7, lower back at 02:40". */
export function marks_said(strip: Strip, at: number): string {
  const near = Math.max(90_000, (strip.to - strip.from) / 150);
  return strip.marks
    .filter((m) => Math.abs(m.at - at) <= near)
    .map((m) => `; ${m.text} at ${clock_hm(m.at)}`)
    .join('');
}

/** One moment in a sentence: "02:41: awake in bed, 02:38 to 02:47 (9 min); pain 7, lower back". */
export function read_out(strip: Strip, at: number): string {
  const segment = segment_at(strip, at);
  if (!segment) return `${clock_hm(at)}: nothing yet`;
  const end = segment.to >= strip.now ? 'now' : clock_hm(segment.to);
  const state = state_said[segment.state];
  const p = segment.state === 'unknown' ? undefined : chance_at(strip.chances, at);
  const sure = p === undefined ? '' : `, P(asleep) ${p_words(p)}`;
  return `${clock_hm(at)}: ${state}, ${clock_hm(segment.from)} to ${end} (${lasting(segment.to - segment.from)})${sure}${marks_said(strip, at)}`;
}

/** Full hours (or halves, quarters) for the axis: at most `most` of them. */
export function ticks(strip: Strip, most: number): { at: number; text: string }[] {
  const steps = [15, 30, 60, 120, 180, 360].map((m) => m * 60_000);
  const step = steps.find((s) => (strip.to - strip.from) / s <= most) ?? 720 * 60_000;
  // Whole in local time: zones with odd offsets included.
  const offset = local_offset(strip.from);
  const out: { at: number; text: string }[] = [];
  for (let t = Math.ceil((strip.from + offset) / step) * step - offset; t <= strip.to; t += step) {
    out.push({ at: t, text: clock_hm(t) });
  }
  return out;
}

function local_offset(at: number): number {
  const [h, m] = clock_hm(at).split(':').map(Number);
  const local = ((h ?? 0) * 60 + (m ?? 0)) * 60_000;
  const utc = at % 86_400_000;
  const offset = local - Math.floor(utc / 60_000) * 60_000;
  return offset > 43_200_000 ? offset - 86_400_000 : offset < -43_200_000 ? offset + 86_400_000 : offset;
}

/** Heights as parts of the strip, from the foot; shape before hue. */
export const heights: Record<BedState, number> = {
  asleep: 0.3,
  restless: 0.55,
  awake: 0.8,
  out_of_bed: 0,
  unknown: 1,
};

/** One path for all segments of a state: rectangles from the foot, in pixels; none narrower than a pixel. */
export function outline(strip: Strip, state: BedState, width: number, height: number): string {
  const scale = width / (strip.to - strip.from);
  const tall = state === 'out_of_bed' ? Math.max(2, height * 0.06) : height * heights[state];
  const inset = state === 'awake' ? 0.75 : 0;
  let d = '';
  for (const s of strip.segments) {
    if (s.state !== state) continue;
    const x0 = (s.from - strip.from) * scale + inset;
    const x1 = Math.max(x0 + 1, (s.to - strip.from) * scale - inset);
    d += `M${x0.toFixed(1)} ${height.toFixed(1)}V${(height - tall + inset).toFixed(1)}H${x1.toFixed(1)}V${height.toFixed(1)}Z`;
  }
  return d;
}
