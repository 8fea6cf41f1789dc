import * as v from 'valibot';
import { type LogEvent, NightFiguresSchema, read_event, ValidationSchema } from './events.ts';
import { type Device, DeviceSchema, states } from './messages.ts';

/** Answers of /api/v1. A server that answers otherwise is an error in words, never a half-filled table. */

const text = v.string();
const time = v.pipe(text, v.isoTimestamp(), v.transform(Date.parse));
const maybe_number = v.optional(v.nullable(v.number()), null);
const share = v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), null);

export const epoch_ms = 30_000;

const epoch = v.object({
  from: time,
  score: v.picklist(['unknown', 'wake', 'sleep']),
  rescored: v.optional(v.nullable(v.picklist(['unknown', 'wake', 'sleep'])), null),
  state: v.picklist(states),
  counts: maybe_number,
  movement_kg: maybe_number,
  load_kg: maybe_number,
  scorer: v.optional(text, ''),
  rescorer: v.optional(v.nullable(text), null),
  /** P(asleep): the mean of the live one, and in hindsight. */
  p_asleep: share,
  rescored_p_asleep: share,
});
export type Epoch = v.InferOutput<typeof epoch>;
const epochs = v.object({ epochs: v.array(epoch) });

const night = v.object({
  night: text,
  bed: text,
  opened: time,
  closed: v.optional(v.nullable(time), null),
  simulated: v.optional(v.boolean(), false),
  figures: v.optional(v.nullable(NightFiguresSchema), null),
  algorithm: v.optional(v.nullable(text), null),
  version: v.optional(v.nullable(text), null),
});
export type Night = v.InferOutput<typeof night>;
const nights = v.object({ nights: v.array(night) });
const whole_night = v.object({ ...night.entries, events: v.array(v.unknown()), epochs: v.array(epoch) });
/** A night with its record. */
export type WholeNight = Night & { events: LogEvent[]; epochs: Epoch[] };

const validation = v.object({
  validation: v.nullable(
    v.object({ ...ValidationSchema.entries, simulated: v.optional(v.boolean(), false) }),
  ),
});
export type Validation = NonNullable<v.InferOutput<typeof validation>['validation']>;

const problem = v.object({ error: v.object({ code: text, message: text }) });

/** Answered with an error: `status`, and the server's own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retry_after_s: number | undefined = undefined,
  ) {
    super(message);
  }
}

/** What POST /entries was answered: the event as it stands in the log. */
export interface Accepted {
  event: LogEvent;
  repeated: boolean;
}

async function refusal(response: Response): Promise<Refused> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = v.safeParse(problem, body);
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new Refused(
    response.status,
    parsed.success ? parsed.output.error.code : 'http',
    parsed.success ? parsed.output.error.message : `the server answered ${response.status}`,
    Number.isFinite(wait) ? wait : undefined,
  );
}

async function get(path: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(path, signal ? { signal, cache: 'no-store' } : { cache: 'no-store' });
  if (!response.ok) throw await refusal(response);
  return response.json();
}

function believe<T extends v.GenericSchema>(schema: T, raw: unknown, what: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, raw);
  if (!parsed.success) throw new Error(`${what}: the server sent something this page does not understand`);
  return parsed.output;
}

const iso = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
const segment = encodeURIComponent;

export async function get_epochs(
  bed: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<Epoch[]> {
  const path = `/api/v1/beds/${segment(bed)}/epochs?from=${iso(from)}&to=${iso(to)}`;
  return believe(epochs, await get(path, signal), 'epochs').epochs;
}

export async function get_nights(bed: string, limit: number, signal?: AbortSignal): Promise<Night[]> {
  const path = `/api/v1/nights?bed=${segment(bed)}&limit=${limit}`;
  return believe(nights, await get(path, signal), 'nights').nights;
}

export async function get_night(night: string, signal?: AbortSignal): Promise<WholeNight> {
  const { events, ...rest } = believe(
    whole_night,
    await get(`/api/v1/nights/${segment(night)}`, signal),
    'night',
  );
  return { ...rest, events: events.map(read_event).filter((e) => e !== undefined) };
}

const page_of_events = v.object({ events: v.array(v.unknown()) });

/** Those of a bed after `since`, oldest first, as many as the server gives at once. */
export async function get_events(bed: string, since: number, signal?: AbortSignal): Promise<LogEvent[]> {
  const path = `/api/v1/events?bed=${segment(bed)}&since=${since}&limit=500`;
  const { events } = believe(page_of_events, await get(path, signal), 'events');
  return events.map(read_event).filter((e) => e !== undefined);
}

const definitions = v.object({
  algorithm: text,
  version: text,
  caution: text,
  definitions: v.array(
    v.object({ key: text, title: text, unit: v.picklist(['min', '%', '']), definition: text }),
  ),
});
export type Definitions = v.InferOutput<typeof definitions>;

/** What each figure of a night is, in words for people; `key` is the member of NightFigures. */
export async function get_definitions(signal?: AbortSignal): Promise<Definitions> {
  return believe(definitions, await get('/api/v1/definitions', signal), 'definitions');
}

/** Null: none is stored. */
export async function get_validation(signal?: AbortSignal): Promise<Validation | null> {
  return believe(validation, await get('/api/v1/validation', signal), 'validation').validation;
}

const devices = v.object({ devices: v.array(DeviceSchema) });
const drivers = v.object({
  drivers: v.array(v.object({ name: text, title: text, choosable: v.boolean() })),
});
export type Driver = v.InferOutput<typeof drivers>['drivers'][number];

/** Every device with its counters as they are now; the live socket tells only of changes of state. */
export async function get_devices(signal?: AbortSignal): Promise<Device[]> {
  return believe(devices, await get('/api/v1/devices', signal), 'devices').devices;
}

export async function get_drivers(signal?: AbortSignal): Promise<Driver[]> {
  return believe(drivers, await get('/api/v1/drivers', signal), 'drivers').drivers;
}

export interface Assignment {
  /** The same id with every attempt, so that none is made twice. */
  id: string;
  device: string;
  bed: string;
  taken?: boolean;
  driver?: string;
  settings?: string;
}

/** Resolves when the log has it. Throws as post_entry does. */
export async function post_assignment(body: Assignment, signal: AbortSignal): Promise<void> {
  const response = await fetch('/api/v1/assignments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (response.status !== 201 && response.status !== 200) throw await refusal(response);
}

export interface EntryBody {
  id: string;
  kind: string;
  data: Record<string, unknown>;
}

/** Throws Refused when answered otherwise than 200 or 201, TypeError or AbortError when not answered at all. */
export async function post_entry(bed: string, body: EntryBody, signal: AbortSignal): Promise<Accepted> {
  const response = await fetch(`/api/v1/beds/${segment(bed)}/entries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (response.status !== 201 && response.status !== 200) throw await refusal(response);
  const answer = (await response.json()) as { event?: unknown };
  const event = read_event(answer.event);
  if (!event || event.seq === 0) throw new Error('the server did not say where in the log the entry stands');
  return { event, repeated: response.status === 200 };
}
