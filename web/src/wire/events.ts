import * as v from 'valibot';

/**
 * Events of the one log as they come over the wire. The envelope is checked strictly, since it carries the sequence;
 * a payload that does not fit its kind leaves the event in its place, marked unreadable, so that no number is lost.
 */

const seconds = v.pipe(v.number(), v.finite());
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(v.nullable(schema), null);
const text = v.string();

/** What a press of a button meant; `press` names it by the time it carries in the log. */
const meaning = v.object({ device: text, press: text, ago_s: seconds });

const awakening = v.object({ number: v.number(), ago_s: seconds, cause: text });

/**
 * Minutes and percents of a night; null: it cannot be said, or an older program closed the night without it. `low` and
 * `high` are the range the data allow, `live` what the live scores alone came to.
 */
export const NightFiguresSchema = v.object({
  tib_min: v.number(),
  sol_min: maybe(v.number()),
  waso_min: maybe(v.number()),
  tst_min: maybe(v.number()),
  se_percent: maybe(v.number()),
  sol_low_min: maybe(v.number()),
  sol_high_min: maybe(v.number()),
  waso_low_min: maybe(v.number()),
  waso_high_min: maybe(v.number()),
  tst_low_min: maybe(v.number()),
  tst_high_min: maybe(v.number()),
  se_low_percent: maybe(v.number()),
  se_high_percent: maybe(v.number()),
  spt_min: maybe(v.number()),
  maintenance_percent: maybe(v.number()),
  twak_min: maybe(v.number()),
  twt_min: maybe(v.number()),
  movement_index_percent: maybe(v.number()),
  fragmentation_percent: maybe(v.number()),
  nwak_1min: v.number(),
  nwak_5min: v.number(),
  exits: v.number(),
  position_changes: v.number(),
  restless_episodes: v.number(),
  unknown_min: v.number(),
  longest_gap_min: maybe(v.number()),
  coverage_percent: v.number(),
  nap: v.optional(v.boolean(), false),
  live_sol_min: maybe(v.number()),
  live_waso_min: maybe(v.number()),
  live_tst_min: maybe(v.number()),
  live_se_percent: maybe(v.number()),
  live_nwak_1min: maybe(v.number()),
  live_nwak_5min: maybe(v.number()),
  changed_min: maybe(v.number()),
});
export type NightFigures = v.InferOutput<typeof NightFiguresSchema>;

const share = maybe(v.pipe(v.number(), v.minValue(-1), v.maxValue(1)));
const change = maybe(v.number());
const tally = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0);

/** How far Vigil agreed with scored nights of a lab; an empty lab: withdrawn. Minutes are said less true. */
export const ValidationSchema = v.object({
  lab: text,
  algorithm: v.optional(text, ''),
  version: v.optional(text, ''),
  program: v.optional(text, ''),
  measured: v.optional(text, ''),
  nights: tally,
  people: tally,
  epochs: tally,
  sensitivity: share,
  sensitivity_low: share,
  sensitivity_high: share,
  specificity: share,
  specificity_low: share,
  specificity_high: share,
  kappa: share,
  kappa_low: share,
  kappa_high: share,
  tst_bias_min: change,
  tst_low_min: change,
  tst_high_min: change,
  sol_bias_min: change,
  sol_low_min: change,
  sol_high_min: change,
  waso_bias_min: change,
  waso_low_min: change,
  waso_high_min: change,
  awakenings_true_1min: tally,
  awakenings_found_1min: tally,
  awakenings_invented_1min: tally,
  awakenings_true_5min: tally,
  awakenings_found_5min: tally,
  awakenings_invented_5min: tally,
  latency_median_s: change,
  latency_p90_s: change,
});
export type ValidationData = v.InferOutput<typeof ValidationSchema>;

export const payloads = {
  'daemon.started': v.object({ version: text, clean: v.boolean(), time_scale: v.number() }),
  'daemon.stopped': v.object({ reason: text }),
  'recording.gap': v.object({ lasted_s: seconds, cause: text, unrecorded: v.number() }),
  'clock.stepped': v.object({ step_s: seconds }),
  'setting.changed': v.object({ key: text, value: text }),
  'device.attached': v.object({ device: text, driver: text, what: text, simulated: v.boolean() }),
  'device.assigned': v.object({
    device: text,
    taken: v.optional(v.boolean(), false),
    driver: v.optional(text, ''),
    settings: v.optional(text, ''),
  }),
  'device.stale': v.object({ device: text, silent_s: seconds }),
  'device.lost': v.object({ device: text, reason: text }),
  'device.recovered': v.object({ device: text, away_s: seconds }),
  'bed.entered': v.object({ ago_s: seconds, load_kg: maybe(v.number()) }),
  'bed.left': v.object({ ago_s: seconds, stay_s: seconds }),
  'bed.tared': v.object({ tare_kg: v.number(), cells: v.number() }),
  'position.changed': v.object({ ago_s: seconds, size: v.number(), unit: text }),
  'sleep.began': v.object({ ago_s: seconds }),
  'sleep.ended': v.object({ ago_s: seconds }),
  'awakening.suspected': awakening,
  'awakening.confirmed': awakening,
  'awakening.withdrawn': awakening,
  'awakening.ended': v.object({ number: v.number(), ago_s: seconds, lasted_s: seconds }),
  'restless.began': v.object({ ago_s: seconds }),
  'restless.ended': v.object({ ago_s: seconds, lasted_s: seconds }),
  'night.opened': v.object({ night: text, ago_s: seconds }),
  'night.closed': v.object({ night: text, ago_s: seconds, ...NightFiguresSchema.entries }),
  'lights.out': v.object({}),
  'lights.on': v.object({}),
  'pain.prompted': v.object({ reason: text }),
  'pain.checkin': v.object({
    score: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10)),
    regions: v.optional(v.array(text), []),
    qualities: v.optional(v.array(text), []),
    note: v.optional(text, ''),
  }),
  'note.added': v.object({ text }),
  'entry.corrected': v.object({
    corrects: v.number(),
    withdrawn: v.boolean(),
    score: maybe(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10))),
    note: v.optional(text, ''),
  }),
  'button.pressed': v.object({ device: text }),
  'pain.flare': meaning,
  'call.made': meaning,
  'awake.said': meaning,
  'call.seen': v.object({ call: v.number() }),
  'baseline.learned': v.object({
    version: v.number(),
    nights: v.number(),
    heart_bpm: maybe(v.number()),
    breath_rpm: maybe(v.number()),
    moving_percent: maybe(v.number()),
    load_kg: maybe(v.number()),
  }),
  'baseline.reset': v.object({}),
  'kiosk.touched': v.object({}),
  'validation.stored': ValidationSchema,
} as const;

export type Kind = keyof typeof payloads;
export type Payload<K extends Kind> = v.InferOutput<(typeof payloads)[K]>;

const envelope = v.object({
  kind: v.pipe(text, v.includes('.')),
  seq: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  unrecorded: v.optional(v.boolean(), false),
  bed: v.optional(text, ''),
  person: v.optional(text, ''),
  t: v.pipe(text, v.isoTimestamp()),
  zone: v.optional(text, ''),
  algorithm: v.optional(text, ''),
  version: v.optional(text, ''),
  simulated: v.optional(v.boolean(), false),
  client_id: v.optional(text, ''),
  data: v.optional(v.record(text, v.unknown()), {}),
});

interface Header {
  /** Place in the log; 0: not recorded. */
  seq: number;
  bed: string;
  person: string;
  /** When it was said, ms since 1970, server's clock. */
  at: number;
  /** When it happened: `at` less the `ago_s` of its payload. */
  since: number;
  zone: string;
  /** Name and version of the rule that said it; empty when a person or the machine did. */
  algorithm: string;
  simulated: boolean;
  client_id: string;
}

type Known = { [K in Kind]: Header & { kind: K; data: Payload<K> } }[Kind];
/** A kind this page does not know, or a payload that does not fit its kind. */
export type Unreadable = Header & { kind: 'unreadable'; said: string; data: Record<string, unknown> };
export type LogEvent = Known | Unreadable;
export type EventOf<K extends Kind> = Extract<LogEvent, { kind: K }>;

export const is_known_kind = (kind: string): kind is Kind => Object.hasOwn(payloads, kind);

/** Undefined: this is no event at all, not even its envelope. */
export function read_event(raw: unknown): LogEvent | undefined {
  const parsed = v.safeParse(envelope, raw);
  if (!parsed.success) return undefined;
  const e = parsed.output;
  const at = Date.parse(e.t);
  const ago = typeof e.data.ago_s === 'number' && Number.isFinite(e.data.ago_s) ? e.data.ago_s : 0;
  const header: Header = {
    seq: e.seq ?? 0,
    bed: e.bed,
    person: e.person,
    at,
    since: at - ago * 1000,
    zone: e.zone,
    algorithm: e.algorithm ? `${e.algorithm} ${e.version}`.trim() : '',
    simulated: e.simulated,
    client_id: e.client_id,
  };
  if (is_known_kind(e.kind)) {
    const data = v.safeParse(payloads[e.kind], e.data);
    if (data.success) return { ...header, kind: e.kind, data: data.output } as Known;
  }
  return { ...header, kind: 'unreadable', said: e.kind, data: e.data };
}
