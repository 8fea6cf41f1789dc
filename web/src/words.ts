import type { LogEvent } from './wire/events.ts';
import type { BedState } from './wire/messages.ts';

/** How Vigil says things. Every sentence of the page that tells a state, a time or an event is made here. */

let zone: string | undefined;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone of the log; without one the device's own. A zone the browser does not know is left out. */
export function set_zone(name: string): void {
  if (name === '' || name === zone) return;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    zone = name;
    formats.clear();
  } catch {
    zone = undefined;
  }
}
export const the_zone = (): string => zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

function format(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat('en-GB', {
      ...options,
      hourCycle: 'h23',
      ...(zone ? { timeZone: zone } : {}),
    });
    formats.set(key, made);
  }
  return made;
}

/** 02:41 */
export const clock_hm = (ms: number): string =>
  format('hm', { hour: '2-digit', minute: '2-digit' }).format(ms);
/** 02:41:07 */
export const clock_hms = (ms: number): string =>
  format('hms', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
/** Sat 21 Nov */
export const day = (ms: number): string =>
  format('day', { weekday: 'short', day: 'numeric', month: 'short' }).format(ms);
/** 02:41, or Fri 20 Nov 02:41 when it is more than 20 hours from `now`. */
export const when = (ms: number, now: number): string =>
  Math.abs(now - ms) < 20 * 3_600_000 ? clock_hm(ms) : `${day(ms)} ${clock_hm(ms)}`;

/** "8 s", "6 min", "1 h 12 min", "2 d 3 h". */
export function lasting(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** Minutes of a night's figures: "48 min", "7 h 05". */
export function minutes(min: number | null): string {
  if (min === null) return 'not known';
  const whole = Math.round(min);
  return whole < 60 ? `${whole} min` : `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, '0')}`;
}

export const state_words: Record<BedState, string> = {
  asleep: 'Asleep',
  restless: 'Restless',
  awake: 'Awake',
  out_of_bed: 'Out of bed',
  unknown: 'Unknown',
};

/** For read-outs within a sentence. */
export const state_said: Record<BedState, string> = {
  asleep: 'asleep',
  restless: 'restless',
  awake: 'awake in bed',
  out_of_bed: 'out of bed',
  unknown: 'unknown',
};

export interface Said {
  state: BedState;
  since: number | undefined;
  why: string;
  in_bed?: boolean;
}

/** The state in a word or two; that somebody lies there is said though sleep and wake are unknown. */
export const state_title = (said: Said): string =>
  said.state === 'unknown' && said.in_bed ? 'In bed' : state_words[said.state];

/** One glance, one sentence: "Asleep for 1 h 12 min", "Awake since 02:41, in bed", "Unknown: scale silent for 3 min". */
export function sentence(said: Said, now: number): string {
  const { state, since, why } = said;
  const length = since === undefined ? '' : lasting(now - since);
  switch (state) {
    case 'asleep':
      return length ? `Asleep for ${length}` : 'Asleep';
    case 'awake':
      return since === undefined ? 'Awake, in bed' : `Awake since ${clock_hm(since)}, in bed`;
    case 'restless':
      return length ? `Restless for ${length}, in bed` : 'Restless, in bed';
    case 'out_of_bed':
      return length ? `Out of bed for ${length}` : 'Out of bed';
    case 'unknown': {
      if (said.in_bed) return 'In bed; asleep or awake is unknown';
      const because = why ? `: ${why}` : '';
      return length ? `Unknown${because}${because ? ' ' : ' '}for ${length}` : `Unknown${because}`;
    }
  }
}

/** The same for the family: whom, what, since when. */
export function home_sentence(name: string, said: Said, now: number): string {
  const { state, since, why } = said;
  const at = since === undefined ? '' : ` since ${clock_hm(since)}`;
  switch (state) {
    case 'asleep':
      return `${name} has been asleep${at}`;
    case 'awake':
      return `${name} has been awake in bed${at}`;
    case 'restless':
      return `${name} has been restless${at}`;
    case 'out_of_bed':
      return `${name} has been out of bed${at}`;
    case 'unknown':
      if (said.in_bed) return `${name} is in bed; asleep or awake is unknown`;
      return `It is not known how ${name} is${why ? `: ${why}` : ''}${since === undefined ? '' : `, for ${lasting(now - since)}`}`;
  }
}

/** A number with its one decimal rule. */
export const number_of: Record<string, (value: number) => string> = {
  load_kg: (x) => x.toFixed(1),
  movement_kg: (x) => x.toFixed(2),
  movement_percent: (x) => x.toFixed(0),
  activity_mg: (x) => x.toFixed(0),
  breath_rpm: (x) => x.toFixed(0),
  heart_bpm: (x) => x.toFixed(0),
  counts: (x) => x.toFixed(0),
};

/** "p .93": how sure a rate is. */
export const quality_words = (quality: number | null): string =>
  quality === null ? '' : quality >= 0.995 ? 'p 1' : `p ${quality.toFixed(2).slice(1)}`;

/** Where a rate comes from. */
export const rate_source = (from: 'load' | 'sensor' | null): string =>
  from === 'load'
    ? 'indicative, from the load cells'
    : from === 'sensor'
      ? 'indicative, as the sensor says'
      : '';

/**
 * How sure the estimator is, in words. These are the only limits, of P(asleep) as it is written, to two places:
 * the words never say more than the number beside them.
 */
export const sure_limits = { surely: 0.95, probably: 0.75 } as const;

export function sure_words(p: number): string {
  const shown = Math.round(p * 100) / 100;
  const asleep = shown >= 0.5;
  const side = asleep ? shown : Math.round((1 - shown) * 100) / 100;
  if (side >= sure_limits.surely) return asleep ? 'surely asleep' : 'surely awake';
  if (side >= sure_limits.probably) return asleep ? 'probably asleep' : 'probably awake';
  return 'can’t tell for sure';
}

/** ".93"; only what is certain is 0 or 1. */
export function p_words(p: number): string {
  if (p <= 0 || p >= 1) return p <= 0 ? '0' : '1';
  const text = p.toFixed(2);
  return text === '0.00' ? '<.01' : text === '1.00' ? '>.99' : text.slice(1);
}

/** The same for the family, of the side that the words name: "98 %". */
export function sure_percent(p: number): string {
  const shown = Math.round(p * 100) / 100;
  const likely = Math.max(shown, 1 - shown);
  const percent = likely >= 0.995 && p > 0 && p < 1 ? '>99 %' : `${Math.round(likely * 100)} %`;
  if (likely >= sure_limits.probably) return percent;
  return `${percent} ${shown >= 0.5 ? 'asleep' : 'awake'}`;
}

/** Who says P(asleep) of a reading, by the newest epoch that it scored: with its version, where that is told. */
export const estimator = 'estimator';
export const estimator_of = (epochs: readonly { scorer: string }[]): string =>
  epochs.findLast((e) => e.scorer.startsWith(`${estimator} `))?.scorer ?? estimator;

const plain: [RegExp, string][] = [
  [/^still for /, 'lying still for '],
  [/^by the counts of a minute$/, 'by the wrist’s movement in the last minute'],
  [/^breath regular$/, 'breathing regularly'],
  [/^breath irregular$/, 'breathing unevenly'],
  [/^heart \+(\d+)$/, 'heart $1 beats a minute faster than usual asleep'],
  [/^heart -(\d+)$/, 'heart $1 beats a minute slower than usual asleep'],
  [/perhaps awakening$/, 'perhaps waking up'],
];

/** Why, for the family: what the sensors' words mean. What is not known here is told as it came. */
export const plain_why = (why: string): string =>
  why
    .split(', ')
    .map((part) => {
      const known = plain.find(([as_said]) => as_said.test(part));
      return known ? part.replace(known[0], known[1]) : part;
    })
    .join(', ');

export const pain_words = (score: number): string =>
  score === 0 ? 'no pain' : score === 10 ? 'worst pain imaginable' : `pain ${score}`;

/** "awake for 4 min" is worth telling a person; a suspicion that was withdrawn is not. */
export type Weight = 'main' | 'fine' | 'technical';
export interface Told {
  text: string;
  weight: Weight;
}

const list = (parts: string[]): string => parts.filter((p) => p !== '').join(', ');
const seconds = (s: number): string => lasting(s * 1000);

/** One event in words. */
export function tell(e: LogEvent): Told {
  const main = (text: string): Told => ({ text, weight: 'main' });
  const fine = (text: string): Told => ({ text, weight: 'fine' });
  const technical = (text: string): Told => ({ text, weight: 'technical' });
  switch (e.kind) {
    case 'bed.entered':
      return main('Went to bed');
    case 'bed.left':
      return main(`Left the bed after ${seconds(e.data.stay_s)}`);
    case 'sleep.began':
      return main('Fell asleep');
    case 'sleep.ended':
      return fine('Sleep ended');
    case 'awakening.suspected':
      return fine(`Perhaps waking up: ${e.data.cause}`);
    case 'awakening.confirmed':
      return main(`Woke up (${e.data.cause})`);
    case 'awakening.withdrawn':
      return fine(`Did not wake up after all: ${e.data.cause}`);
    case 'awakening.ended':
      return main(`Asleep again after ${seconds(e.data.lasted_s)}`);
    case 'restless.began':
      return main('Became restless');
    case 'restless.ended':
      return fine(`Calm again after ${seconds(e.data.lasted_s)}`);
    case 'bed.tared':
      return technical(
        `The empty bed weighs ${e.data.tare_kg.toFixed(1)} kg on ${e.data.cells === 1 ? 'its load cell' : `its ${e.data.cells} load cells`}`,
      );
    case 'position.changed':
      return fine(
        `Turned (${e.data.unit === 'deg' ? `${e.data.size.toFixed(0)}°` : `${e.data.size.toFixed(1)} ${e.data.unit}`})`,
      );
    case 'night.opened':
      return main('Night began');
    case 'night.closed':
      return main(`Night ended: ${minutes(e.data.tst_min)} asleep of ${minutes(e.data.tib_min)} in bed`);
    case 'lights.out':
      return main('Lights out');
    case 'lights.on':
      return main('Lights on');
    case 'pain.prompted':
      return fine(`Asked about pain (${e.data.reason})`);
    case 'pain.checkin':
      return main(
        list([
          e.data.score === 0 ? 'No pain (0)' : `Pain ${e.data.score}`,
          e.data.regions.join(' and '),
          e.data.qualities.join(' and '),
          e.data.note ? `“${e.data.note}”` : '',
        ]),
      );
    case 'button.pressed':
      return fine('Button pressed');
    case 'pain.flare':
      return main('Pain flare, by button');
    case 'call.made':
      return main('Called for somebody, by button');
    case 'awake.said':
      return main('“I am awake”, by button');
    case 'call.seen':
      return main('Call seen');
    case 'note.added':
      return main(`Note: “${e.data.text}”`);
    case 'entry.corrected':
      return fine(
        e.data.withdrawn
          ? `Entry #${e.data.corrects} taken back`
          : list([
              `Entry #${e.data.corrects} corrected`,
              e.data.score === null ? '' : `pain ${e.data.score}`,
              e.data.note,
            ]),
      );
    case 'device.attached':
      return technical(`Sensor attached: ${e.data.what || e.data.device}`);
    case 'device.assigned':
      return technical(
        e.data.taken ? `Sensor taken from this bed: ${e.data.device}` : `Sensor assigned: ${e.data.device}`,
      );
    case 'device.stale':
      return technical(`Sensor silent: ${e.data.device}`);
    case 'device.lost':
      return technical(`Sensor lost: ${e.data.device} (${e.data.reason})`);
    case 'device.recovered':
      return technical(`Sensor back after ${seconds(e.data.away_s)}: ${e.data.device}`);
    case 'daemon.started':
      return technical(`Vigil ${e.data.version} started${e.data.clean ? '' : ' after an unclean end'}`);
    case 'daemon.stopped':
      return technical(`Vigil stopped (${e.data.reason})`);
    case 'recording.gap':
      return technical(`Nothing recorded for ${seconds(e.data.lasted_s)}: ${e.data.cause}`);
    case 'clock.stepped':
      return technical(
        `The clock was set ${e.data.step_s < 0 ? 'back' : 'forward'} by ${seconds(Math.abs(e.data.step_s))}`,
      );
    case 'setting.changed':
      return technical(`Setting ${e.data.key} is now ${e.data.value}`);
    case 'baseline.learned':
      return fine(
        `Learned how this person sleeps, from ${e.data.nights} ${e.data.nights === 1 ? 'night' : 'nights'}`,
      );
    case 'baseline.reset':
      return main('What was learned of this person was forgotten');
    case 'kiosk.touched':
      return fine('Touched the bedside screen');
    case 'validation.stored':
      return technical(
        e.data.lab === ''
          ? 'The figures of the validation were withdrawn'
          : `Validated in ${e.data.lab} on ${e.data.nights} ${e.data.nights === 1 ? 'night' : 'nights'}${e.data.kappa === null ? '' : `, kappa ${e.data.kappa.toFixed(2)}`}`,
      );
    case 'unreadable':
      return technical(`${e.said} (this page cannot read it)`);
  }
}

/** An entry on its way, by its kind: "Not saved: a note of 02:41". */
export const entry_words = (kind: string, data: Record<string, unknown>): string => {
  switch (kind) {
    case 'pain.checkin':
      return `pain ${String(data.score)}`;
    case 'note.added':
      return 'the note';
    case 'entry.corrected':
      return 'a correction';
    case 'lights.out':
      return 'lights out';
    case 'lights.on':
      return 'lights on';
    case 'call.seen':
      return '“call seen”';
    case 'baseline.reset':
      return 'forgetting what was learned';
    default:
      return kind;
  }
};

export const reject_words: Record<string, string> = {
  framing: 'no packet or line found',
  checksum: 'wrong checksum',
  length: 'wrong length',
  syntax: 'not a number',
  range: 'impossible value',
  stale_first: 'old first report',
  sensor_fault: 'the sensor says invalid',
  overload: 'beyond the sensor’s limit',
  unit: 'unknown unit',
  order: 'older than one already seen',
  flood: 'more than it can produce',
};

export const pain_regions = [
  'head',
  'face',
  'neck',
  'shoulder',
  'upper arm',
  'elbow',
  'forearm',
  'wrist',
  'hand',
  'chest',
  'abdomen',
  'lower abdomen',
  'back of trunk',
  'lower back',
  'pelvis',
  'hip',
  'thigh',
  'knee',
  'lower leg',
  'ankle',
  'foot',
] as const;

export const pain_qualities = [
  'aching',
  'burning',
  'stabbing',
  'throbbing',
  'cramping',
  'crushing',
  'dull',
  'colicky',
  'cutting',
  'prickling',
  'tingling',
] as const;
