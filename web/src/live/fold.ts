import type { EventOf, LogEvent, Payload } from '../wire/events.ts';
import type { BedState } from '../wire/messages.ts';

/** What a bed's events say when read from first to last. A pure fold: the same events, the same facts. */

export interface Checkin {
  seq: number;
  /** When the person said it, ms since 1970; earlier than the log's own time if it had to wait on a device. */
  at: number;
  score: number;
  regions: string[];
  qualities: string[];
  note: string;
  client_id: string;
  corrected: boolean;
}

export interface Awakening {
  number: number;
  /** The first movement of it. */
  from: number;
  state: 'suspected' | 'confirmed' | 'withdrawn';
  cause: string;
  /** When it was last said what it is. */
  said: number;
  ended: number | undefined;
}

/** Said by a button, with the eyes shut: when it was pressed. */
export interface Said {
  seq: number;
  at: number;
}

export interface Span {
  from: number;
  state: BedState;
}

export interface NightSpan {
  night: string;
  opened: number;
  closed: number | undefined;
}

/** What was learned of one person's sleep; numbers are null where no sensor told them. */
export interface Baseline extends Payload<'baseline.learned'> {
  seq: number;
  at: number;
  algorithm: string;
}

export interface Facts {
  checkins: Checkin[];
  awakenings: Awakening[];
  /** The state from each moment on, as far as events alone tell it. */
  spans: Span[];
  lights: { at: number; out: boolean }[];
  nights: NightSpan[];
  /** Pain that flared up: a check-in without a number. */
  flares: Said[];
  /** Calls that nobody has seen yet, oldest first. */
  calls: Said[];
  /** The newest press of a button, whatever it meant. */
  pressed: Said | undefined;
  /** The newest question that no check-in has answered yet. */
  prompted: number | undefined;
  entered: number | undefined;
  /** Null: it was forgotten, and nothing has been learned since. Undefined: these events do not tell. */
  baseline: Baseline | null | undefined;
  /** When it was last forgotten. */
  forgotten: number | undefined;
}

/** Undefined: these events do not tell. Null: it was forgotten. */
export function baseline_of(events: readonly LogEvent[]): Pick<Facts, 'baseline' | 'forgotten'> {
  const facts: Pick<Facts, 'baseline' | 'forgotten'> = { baseline: undefined, forgotten: undefined };
  for (const e of events) {
    if (e.kind === 'baseline.learned')
      facts.baseline = { seq: e.seq, at: e.at, algorithm: e.algorithm, ...e.data };
    else if (e.kind === 'baseline.reset') {
      facts.baseline = null;
      facts.forgotten = e.at;
    }
  }
  return facts;
}

const late_entry = /^entered at (\d{4}-\d\d-\d\dT[\d:.]+Z)/;
/** The note by which a check-in that had to wait tells when it was made. */
export const late_note = (made: number): string =>
  `entered at ${new Date(made).toISOString()}, kept on the device until it could be saved`;

export function fold(events: readonly LogEvent[]): Facts {
  const checkins = new Map<number, Checkin>();
  const awakenings = new Map<string, Awakening>();
  const silent = new Set<string>();
  const facts: Facts = {
    checkins: [],
    awakenings: [],
    spans: [],
    lights: [],
    nights: [],
    flares: [],
    calls: [],
    pressed: undefined,
    prompted: undefined,
    entered: undefined,
    ...baseline_of(events),
  };
  let in_bed: boolean | undefined;
  let asleep = false;
  let restless = false;
  let night = '';

  const say = (from: number) => {
    const state: BedState =
      silent.size > 0 || in_bed === undefined
        ? 'unknown'
        : !in_bed
          ? 'out_of_bed'
          : restless
            ? 'restless'
            : asleep
              ? 'asleep'
              : 'awake';
    // A hindsight may reach before what was already said: it replaces that.
    while (facts.spans.length > 0 && facts.spans[facts.spans.length - 1]!.from >= from) facts.spans.pop();
    if (facts.spans[facts.spans.length - 1]?.state !== state) facts.spans.push({ from, state });
  };

  const awakening = (e: EventOf<'awakening.suspected' | 'awakening.confirmed' | 'awakening.withdrawn'>) => {
    const state = e.kind.slice('awakening.'.length) as Awakening['state'];
    const key = `${night}/${e.data.number}`;
    const known = awakenings.get(key);
    if (known) {
      known.state = state;
      known.cause = e.data.cause;
      known.said = e.at;
    } else {
      awakenings.set(key, {
        number: e.data.number,
        from: e.since,
        state,
        cause: e.data.cause,
        said: e.at,
        ended: undefined,
      });
    }
  };

  for (const e of events) {
    switch (e.kind) {
      case 'bed.entered':
        in_bed = true;
        asleep = restless = false;
        facts.entered = e.since;
        say(e.since);
        break;
      case 'bed.left':
        in_bed = false;
        asleep = restless = false;
        say(e.since);
        break;
      case 'sleep.began':
      case 'sleep.ended':
        asleep = e.kind === 'sleep.began';
        if (asleep) in_bed ??= true;
        say(e.since);
        break;
      case 'restless.began':
      case 'restless.ended':
        restless = e.kind === 'restless.began';
        say(e.since);
        break;
      case 'device.stale':
      case 'device.lost':
        // A button tells of no state, so its silence hides none.
        if (e.data.device.startsWith('button:')) break;
        silent.add(e.data.device);
        say(e.at);
        break;
      case 'device.recovered':
      case 'device.attached':
      case 'device.assigned': // begun anew, or no longer this bed's
        if (silent.delete(e.data.device)) say(e.at);
        break;
      case 'daemon.started':
        silent.clear();
        break;
      case 'awakening.suspected':
      case 'awakening.confirmed':
      case 'awakening.withdrawn':
        awakening(e);
        break;
      case 'awakening.ended': {
        const known = awakenings.get(`${night}/${e.data.number}`);
        if (known) known.ended = e.since;
        break;
      }
      case 'night.opened':
        night = e.data.night;
        facts.nights.push({ night, opened: e.since, closed: undefined });
        break;
      case 'night.closed': {
        const open = facts.nights.find((n) => n.night === e.data.night);
        if (open) open.closed = e.since;
        else
          facts.nights.push({
            night: e.data.night,
            opened: e.since - e.data.tib_min * 60_000,
            closed: e.since,
          });
        break;
      }
      case 'lights.out':
      case 'lights.on':
        facts.lights.push({ at: e.at, out: e.kind === 'lights.out' });
        break;
      case 'pain.prompted':
        facts.prompted = e.at;
        break;
      case 'pain.checkin':
        facts.prompted = undefined;
        checkins.set(e.seq || -checkins.size - 1, {
          seq: e.seq,
          at: e.at,
          ...e.data,
          client_id: e.client_id,
          corrected: false,
        });
        break;
      case 'button.pressed':
        facts.pressed = { seq: e.seq, at: e.since };
        break;
      case 'pain.flare':
        facts.flares.push({ seq: e.seq, at: e.since });
        break;
      case 'call.made':
        facts.calls.push({ seq: e.seq, at: e.since });
        break;
      case 'call.seen':
        // One that the log could not number is seen with the next that it could.
        facts.calls = facts.calls.filter((c) => c.seq > e.data.call);
        break;
      case 'entry.corrected': {
        const entry = checkins.get(e.data.corrects);
        if (!entry) break;
        if (e.data.withdrawn) {
          checkins.delete(e.data.corrects);
          break;
        }
        if (e.data.score !== null) {
          entry.score = e.data.score;
          entry.corrected = true;
        }
        const made = Date.parse(late_entry.exec(e.data.note)?.[1] ?? '');
        if (Number.isFinite(made) && made < entry.at) entry.at = made;
        break;
      }
    }
  }
  facts.checkins = [...checkins.values()].sort((a, b) => a.at - b.at);
  facts.awakenings = [...awakenings.values()];
  return facts;
}
