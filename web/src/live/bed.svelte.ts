import { TraceRing } from '../charts/trace_ring.ts';
import type { LogEvent } from '../wire/events.ts';
import type { BedSnapshot, BedState, Measure, OpenNight, Reading } from '../wire/messages.ts';
import type { Epoch } from '../wire/rest.ts';
import { type Trace, wave_rate_hz } from '../wire/waves.ts';
import { fold, type Span } from './fold.ts';

/** A sweep takes this long from the left edge to the right, in the server's seconds at scale 1. */
export const sweep_s = 60;
const most_events = 5_000;

/** One bed as the server last told it. Whether that still holds is asked of Vigil, not of this. */
export class Bed {
  readonly id: string;
  label = $state('');
  person = $state('');
  simulated = $state(false);
  night = $state.raw<OpenNight | null>(null);
  reading = $state.raw<Reading>({
    bed: '',
    state: 'unknown',
    state_since: null,
    why: '',
    in_bed: null,
    load_kg: null,
    movement_kg: null,
    movement_percent: null,
    activity_mg: null,
    counts: null,
    breath_rpm: null,
    breath_quality: null,
    breath_from: null,
    heart_bpm: null,
    heart_quality: null,
    heart_from: null,
    p_asleep: null,
  });
  /** Server's time of the reading, ms since 1970. */
  read_at = $state(0);
  /** The newest moment at which any sensor of this bed spoke, server's time; 0: never. */
  heard_at = $state(0);
  /** Whether a load sensor of this bed ever spoke. */
  weighs = $state(false);
  /** Whether a bed without load sensors told its movement as a share: a pressure mat, a motion sensor. */
  shares = $state(false);
  events = $state.raw<readonly LogEvent[]>([]);
  epochs = $state.raw<readonly Epoch[]>([]);
  epochs_trouble = $state('');
  /** States as they were read since the page was opened. */
  seen = $state.raw<readonly Span[]>([]);
  facts = $derived(fold(this.events));
  readonly rings: Record<Trace, TraceRing>;

  constructor(snapshot: BedSnapshot, at: number, scale: number) {
    this.id = snapshot.bed;
    const points = Math.round(sweep_s * wave_rate_hz * Math.min(60, Math.max(1, scale)));
    this.rings = { load: new TraceRing(points), movement: new TraceRing(points) };
    this.tell(snapshot, at);
  }

  tell(snapshot: BedSnapshot, at: number): void {
    this.label = snapshot.label || snapshot.bed;
    this.person = snapshot.person;
    this.simulated = snapshot.simulated;
    this.night = snapshot.night;
    this.read(snapshot.reading, at);
  }

  read(reading: Reading, message_t: number): void {
    const at = reading.t ?? message_t;
    const before = this.seen[this.seen.length - 1];
    if (before?.state !== reading.state) {
      const from = reading.state_since ?? at;
      this.seen = [
        ...this.seen.slice(-500),
        { from: Math.max(from, before?.from ?? from), state: reading.state },
      ];
    }
    this.reading = reading;
    this.read_at = at;
    if (reading.load_kg !== null || reading.movement_kg !== null) this.weighs = true;
    if (reading.movement_percent !== null) this.shares = true;
    const measures = [
      reading.load_kg,
      reading.movement_kg,
      reading.movement_percent,
      reading.activity_mg,
      reading.breath_rpm,
      reading.heart_bpm,
    ];
    for (const measure of measures) {
      if (measure) this.heard_at = Math.max(this.heard_at, at - measure.age_s * 1000);
    }
  }

  /** The line was cut from `from` on: what was seen before says nothing of the time between. */
  interrupted(from: number): void {
    if (this.seen.length > 0 && this.seen[this.seen.length - 1]?.state !== 'unknown') {
      this.seen = [...this.seen, { from, state: 'unknown' }];
    }
  }

  happened(events: readonly LogEvent[]): void {
    this.events = [...this.events, ...events].slice(-most_events);
  }

  /** Replaces what is held of the same time. */
  scored(epochs: readonly Epoch[]): void {
    const by_start = new Map(this.epochs.map((e) => [e.from, e]));
    for (const epoch of epochs) by_start.set(epoch.from, epoch);
    this.epochs = [...by_start.values()].sort((a, b) => a.from - b.from).slice(-5_000);
  }

  forget(): void {
    this.events = [];
    this.epochs = [];
    this.seen = [];
    this.rings.load.clear();
    this.rings.movement.clear();
  }
}

/** How old each quantity may be, in the server's seconds, before it is struck through. */
export const stale_after_s = {
  load_kg: 15,
  movement_kg: 15,
  movement_percent: 15,
  activity_mg: 15,
  breath_rpm: 15,
  heart_bpm: 15,
  counts: 120,
} as const satisfies Partial<Record<keyof Reading, number>>;
export type Quantity = keyof typeof stale_after_s;

/** What a view may say of a bed now. When `live` is false nothing of it is current: `state` is unknown. */
export interface Told {
  state: BedState;
  /** Since when, server's time; undefined: cannot be said. */
  since: number | undefined;
  why: string;
  /** Known to lie there, though perhaps not whether asleep. */
  in_bed: boolean;
  /** P(asleep), 0 to 1; null: not known, or not current. */
  p_asleep: number | null;
  live: boolean;
  /** What was last known before the line was cut, for the struck-through line. */
  last: { state: BedState; at: number } | undefined;
}

export interface Value {
  value: number;
  age_s: number;
  stale: boolean;
}

export function value_of(
  measure: Measure | null,
  quantity: Quantity,
  passed_s: number,
  live: boolean,
): Value | undefined {
  if (!measure) return undefined;
  const age_s = Math.max(0, measure.age_s) + passed_s;
  return { value: measure.v, age_s, stale: !live || age_s > stale_after_s[quantity] };
}
