import { type Awakening, fold } from '../live/fold.ts';
import type { BedState } from '../wire/messages.ts';
import { type Epoch, epoch_ms, type WholeNight } from '../wire/rest.ts';
import { clock_hm, lasting, p_words, state_said } from '../words.ts';
import { build_strip, chance_at, marks_said, type Segment, type Strip, segment_at } from './strip.ts';

/** A night that is over, as the morning scored it and as it was said live: two strips and where they differ. */

export type Score = Epoch['score'];

export interface Difference {
  from: number;
  to: number;
  live: Score;
  morning: Score;
}

export interface Compared {
  morning: Strip;
  live: Strip;
  differences: Difference[];
  /** Whether the morning looked at any epoch again. */
  rescored: boolean;
  awakenings: readonly Awakening[];
  /** Name and version of what scored most of it; empty: not told. */
  scorers: { live: string; morning: string };
  /** The longest stretch of which the morning knows nothing. */
  gap: Segment | undefined;
}

/** Out of bed and restless are what sensors saw; of sleep and wake the morning has the last word. */
export function morning_state(e: Epoch): BedState {
  if (e.rescored === null || e.rescored === e.score || e.state === 'out_of_bed') return e.state;
  if (e.rescored === 'unknown') return 'unknown';
  if (e.state === 'restless') return 'restless';
  return e.rescored === 'sleep' ? 'asleep' : 'awake';
}

export function differences(epochs: readonly Epoch[]): Difference[] {
  const out: Difference[] = [];
  for (const e of epochs) {
    if (e.rescored === null || e.rescored === e.score) continue;
    const last = out[out.length - 1];
    if (last && last.to === e.from && last.live === e.score && last.morning === e.rescored)
      last.to = e.from + epoch_ms;
    else out.push({ from: e.from, to: e.from + epoch_ms, live: e.score, morning: e.rescored });
  }
  return out;
}

function most(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

/** Undefined while the night goes on. What the record does not hold is unknown, whatever the events say around it. */
export function compare(night: WholeNight): Compared | undefined {
  const { opened: from, closed, epochs } = night;
  if (closed === null || closed <= from) return undefined;
  const facts = { ...fold(night.events), spans: [] };
  const input = { from, now: closed, known_until: closed, least_ms: 0, closed, seen: [], facts };
  const morning = build_strip({
    ...input,
    epochs: epochs.map((e) => ({
      ...e,
      state: morning_state(e),
      p_asleep: e.rescored === null ? e.p_asleep : e.rescored_p_asleep,
    })),
  });
  const gaps = morning.segments.filter((s) => s.state === 'unknown');
  return {
    morning,
    live: build_strip({ ...input, facts: fold([]), epochs }),
    differences: differences(epochs).filter((d) => d.to > from && d.from < closed),
    rescored: epochs.some((e) => e.rescored !== null),
    awakenings: facts.awakenings,
    scorers: { live: most(epochs.map((e) => e.scorer)), morning: most(epochs.map((e) => e.rescorer ?? '')) },
    gap: gaps.sort((a, b) => b.to - b.from - (a.to - a.from))[0],
  };
}

const taken: Record<Score, string> = {
  sleep: 'taken for sleep',
  wake: 'taken for wake',
  unknown: 'not known',
};
const scored: Record<Score, string> = { sleep: 'sleep', wake: 'wake', unknown: 'not known' };
const in_minutes = (ms: number): string => {
  const min = ms / 60_000;
  return min >= 60 ? lasting(ms) : `${Number.isInteger(min) ? min : min.toFixed(1)} min`;
};

/** "Morning scoring differs from live in 14 min: 12 min taken for sleep were wake, 2 min taken for wake were sleep." */
export function difference_sentence(compared: Compared): string {
  if (!compared.rescored) return 'The morning did not score this night again: what was said live stands.';
  const kinds = new Map<string, number>();
  let all = 0;
  for (const d of compared.differences) {
    const key = `${taken[d.live]} ${d.morning === 'unknown' ? 'are' : 'were'} ${scored[d.morning]}`;
    kinds.set(key, (kinds.get(key) ?? 0) + d.to - d.from);
    all += d.to - d.from;
  }
  if (all === 0) return 'Morning scoring agrees with what was said live.';
  const parts = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, ms]) => `${in_minutes(ms)} ${kind}`);
  return `Morning scoring differs from live in ${in_minutes(all)}: ${parts.join(', ')}.`;
}

function said_at(strip: Strip, segment: Segment, at: number): string {
  const p = segment.state === 'unknown' ? undefined : chance_at(strip.chances, at);
  return `${state_said[segment.state]}${p === undefined ? '' : `, P(asleep) ${p_words(p)}`}`;
}

/** One moment of both in a sentence: "02:41: awake in bed, P(asleep) .21, 02:38 to 02:47 (9 min); live: asleep". */
export function read_out_both(compared: Compared, at: number): string {
  const morning = segment_at(compared.morning, at);
  const live = segment_at(compared.live, at);
  if (!morning || !live) return `${clock_hm(at)}: nothing`;
  const differs = compared.differences.some((d) => d.from <= at && at < d.to);
  return [
    `${clock_hm(at)}: ${said_at(compared.morning, morning, at)}`,
    `, ${clock_hm(morning.from)} to ${clock_hm(morning.to)} (${lasting(morning.to - morning.from)})`,
    differs ? `; live it was said: ${said_at(compared.live, live, at)}` : '',
    marks_said(compared.morning, at),
  ].join('');
}
