import * as v from 'valibot';
import { type LogEvent, NightFiguresSchema, read_event } from './events.ts';

/** Text messages of the live socket. Anything else is refused with a reason that is counted, never half believed. */

const text = v.string();
const time = v.pipe(text, v.isoTimestamp(), v.transform(Date.parse));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const measure = v.optional(
  v.nullable(v.object({ v: v.pipe(v.number(), v.finite()), age_s: v.pipe(v.number(), v.finite()) })),
  null,
);
const share = v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), null);
/** 0 to 1, of a rate; told also while the rate is unknown for want of it. Null: the source states none. */
const quality = share;
/** Out of the load cells, or the sensor's own word. Null: nothing here could tell it now. */
const source = v.optional(v.nullable(v.picklist(['load', 'sensor'])), null);
/** A number and how old it was, in the server's seconds, when the message was made. Null: unknown. */
export type Measure = { v: number; age_s: number };

export const states = ['unknown', 'out_of_bed', 'awake', 'restless', 'asleep'] as const;
export type BedState = (typeof states)[number];

export const ReadingSchema = v.object({
  bed: v.optional(text, ''),
  t: v.optional(time),
  state: v.picklist(states),
  state_since: v.optional(v.nullable(time), null),
  why: v.optional(text, ''),
  in_bed: v.optional(v.nullable(v.boolean()), null),
  load_kg: measure,
  movement_kg: measure,
  movement_percent: measure,
  activity_mg: measure,
  counts: measure,
  breath_rpm: measure,
  breath_quality: quality,
  breath_from: source,
  heart_bpm: measure,
  heart_quality: quality,
  heart_from: source,
  /** P(asleep) by the estimator, 0 out of bed. Null: not known. */
  p_asleep: share,
});
export type Reading = v.InferOutput<typeof ReadingSchema>;

export const NightSchema = v.object({
  night: text,
  opened: time,
  figures: v.optional(v.nullable(NightFiguresSchema), null),
});
export type OpenNight = v.InferOutput<typeof NightSchema>;

export const BedSnapshotSchema = v.object({
  bed: text,
  label: v.optional(text, ''),
  person: v.optional(text, ''),
  simulated: v.optional(v.boolean(), false),
  night: v.optional(v.nullable(NightSchema), null),
  reading: ReadingSchema,
});
export type BedSnapshot = v.InferOutput<typeof BedSnapshotSchema>;

export const device_states = ['opening', 'live', 'stale', 'lost', 'refused', 'unassigned'] as const;
export const DeviceSchema = v.object({
  device: text,
  driver: text,
  bed: v.optional(text, ''),
  what: v.optional(text, ''),
  where: v.optional(text, ''),
  state: v.picklist(device_states),
  mend: v.optional(text, ''),
  note: v.optional(text, ''),
  simulated: v.optional(v.boolean(), false),
  age_s: v.optional(v.nullable(v.number()), null),
  nominal_hz: v.optional(v.number(), 0),
  measured_hz: v.optional(v.number(), 0),
  fitted_hz: v.optional(v.nullable(v.number()), null),
  samples: v.optional(count, 0),
  bytes: v.optional(count, 0),
  rejects: v.optional(v.record(text, count), {}),
  battery_percent: v.optional(v.nullable(v.number()), null),
  newest: v.optional(v.nullable(v.object({ v: v.nullable(v.number()), quantity: text, unit: text })), null),
  fixed: v.optional(text, ''),
  unclaimed: v.optional(v.boolean(), false),
  settings: v.optional(text, ''),
});
export type Device = v.InferOutput<typeof DeviceSchema>;

const recording = v.object({ writing: v.boolean(), trouble: v.optional(text, '') });
export type Recording = v.InferOutput<typeof recording>;

const hello = v.object({
  kind: v.literal('hello'),
  t: time,
  version: text,
  log: text,
  head: count,
  time_scale: v.pipe(v.number(), v.minValue(0.001)),
  recording,
  reset: v.optional(v.boolean(), false),
  beds: v.array(BedSnapshotSchema),
  devices: v.optional(v.array(DeviceSchema), []),
});
export type Hello = v.InferOutput<typeof hello>;

const history = v.object({
  kind: v.literal('history'),
  events: v.array(v.unknown()),
  through: count,
  head: count,
});
const readings = v.object({ kind: v.literal('readings'), t: time, beds: v.array(ReadingSchema) });
const devices = v.object({ kind: v.literal('devices'), devices: v.array(DeviceSchema) });
const recording_message = v.object({ kind: v.literal('recording'), ...recording.entries });
const beds = v.object({ kind: v.literal('beds'), beds: v.array(BedSnapshotSchema) });

export type Message =
  | Hello
  | { kind: 'history'; events: LogEvent[]; through: number; head: number }
  | { kind: 'event'; event: LogEvent }
  | v.InferOutput<typeof readings>
  | v.InferOutput<typeof devices>
  | v.InferOutput<typeof recording_message>
  | v.InferOutput<typeof beds>
  | { kind: 'refused'; why: string };

const by_kind = { hello, readings, devices, recording: recording_message, beds } as const;

const refuse = (why: string): Message => ({ kind: 'refused', why });

function first_issue(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0];
  return issue ? `${v.getDotPath(issue) ?? ''}: ${issue.message}` : 'unknown';
}

export function read_message(frame: string): Message {
  let raw: unknown;
  try {
    raw = JSON.parse(frame);
  } catch {
    return refuse('not JSON');
  }
  if (typeof raw !== 'object' || raw === null) return refuse('not an object');
  const kind = (raw as { kind?: unknown }).kind;
  if (typeof kind !== 'string') return refuse('no kind');

  if (kind === 'history') {
    const parsed = v.safeParse(history, raw);
    if (!parsed.success) return refuse(`history ${first_issue(parsed.issues)}`);
    const events: LogEvent[] = [];
    for (const one of parsed.output.events) {
      const event = read_event(one);
      if (!event) return refuse('history: an event without its envelope');
      events.push(event);
    }
    return { kind, events, through: parsed.output.through, head: parsed.output.head };
  }
  if (Object.hasOwn(by_kind, kind)) {
    const parsed = v.safeParse(by_kind[kind as keyof typeof by_kind], raw);
    return parsed.success ? parsed.output : refuse(`${kind} ${first_issue(parsed.issues)}`);
  }
  const event = read_event(raw);
  return event ? { kind: 'event', event } : refuse(`${kind.slice(0, 40)}: not an event`);
}
