import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { type Opened, open, type Theme } from './chromium.ts';
import { repository } from './daemon.ts';

/**
 * The built page before a daemon of words: every frame and answer is what a test says, in the form of openapi.json.
 * For what a simulated sleeper does too late, too seldom, or not the same twice.
 */

/** Of a secure context, as the real one is. */
const origin = 'http://vigil.localhost';
const minute = 60_000;
const first_seq = 5_000;
const epoch_ms = 30_000;
const types: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  woff2: 'font/woff2',
};

export type Words = Record<string, unknown>;
export type State = 'unknown' | 'out_of_bed' | 'awake' | 'restless' | 'asleep';

export interface ScriptedBed {
  bed: string;
  label: string;
  person: string;
  state: State;
  /** Minutes since it is so. */
  since_min: number;
  why: string;
  p_asleep: number | null;
  /** Minutes since its night began; undefined: none is open. */
  night_min?: number | undefined;
  reading?: Words;
}

export const iso = (ms: number): string => new Date(ms).toISOString();

export class Scripted {
  beds: ScriptedBed[];
  /** By bed: those of the night that is open. */
  epochs: Record<string, Words[]> = {};
  /** Newest first, as GET /nights tells them, with the record that GET /nights/{night} adds. */
  nights: Words[] = [];
  definitions: Words[] = [];
  validation: Words | null = null;
  /** What was posted, and what is answered: a status other than 201 refuses. */
  posted: { bed: string; kind: string; data: Words; id: string }[] = [];
  answer = 201;
  readonly now = Date.now();
  /** Events of the log before the history that a page is sent, oldest first; their numbers are below 5,000. */
  older: Words[] = [];
  #events: Words[] = [];
  #sockets = new Set<WebSocketRoute>();
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor(beds: (Partial<ScriptedBed> & { bed: string })[]) {
    this.beds = beds.map((b) => ({
      label: b.bed.replace('bed-', 'Bed '),
      person: '',
      state: 'asleep',
      since_min: 72,
      why: 'still for 6 min, breath regular',
      p_asleep: 0.98,
      ...b,
    }));
  }

  /** One more event, `ago_min` before the script began; those who listen are told at once. */
  event(bed: string, kind: string, data: Words = {}, ago_min = (this.now - Date.now()) / minute): Words {
    const t = iso(this.now - ago_min * minute);
    const event: Words = {
      kind,
      seq: first_seq + this.#events.length,
      bed,
      t,
      local: t,
      zone: 'Europe/Berlin',
      boot: 'b',
      at_ns: 1,
      algorithm: 'awakenings',
      version: '2',
      simulated: true,
      data,
    };
    this.#events.push(event);
    this.#say(event);
    return event;
  }

  /** The newest event was none: for making one that stands elsewhere in the log. */
  take_back(): void {
    this.#events.pop();
  }

  set(bed: string, more: Partial<ScriptedBed>): void {
    Object.assign(this.beds.find((b) => b.bed === bed)!, more);
    this.#say(this.#readings());
  }

  /** The line stays, and nothing more is said. */
  fall_silent(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  async open(
    browser: Browser,
    path: string,
    options: { theme?: Theme; width?: number; height?: number; reduced?: boolean } = {},
  ): Promise<Opened> {
    return open(browser, origin + path, { ...options, before: (page) => this.#serve(page) });
  }

  close(): void {
    this.fall_silent();
    this.#sockets.clear();
  }

  async #serve(page: Page): Promise<void> {
    await page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
      this.#sockets.add(socket);
      socket.onClose(() => this.#sockets.delete(socket));
      const head = first_seq - 1 + this.#events.length;
      const send = (message: Words) => socket.send(JSON.stringify(message));
      send({
        kind: 'hello',
        t: iso(Date.now()),
        version: '0.1.0',
        log: 'scripted',
        head,
        time_scale: 1,
        recording: { writing: true, trouble: '' },
        reset: false,
        beds: this.beds.map((b) => this.#snapshot(b)),
        devices: [],
      });
      send({ kind: 'history', events: this.#events, through: head, head });
      this.#timers.push(setInterval(() => send(this.#readings()), 1000));
    });
    await page.route(`${origin}/**`, async (route) => {
      const url = new URL(route.request().url());
      const json = (body: unknown, status = 200) =>
        route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) });
      const parts = url.pathname.split('/').slice(3);
      if (!url.pathname.startsWith('/api/')) return route.fulfill(file(url.pathname));
      if (parts[0] === 'beds' && parts[2] === 'epochs') return json({ epochs: this.epochs[parts[1]!] ?? [] });
      if (parts[0] === 'beds' && parts[2] === 'entries') {
        const body = route.request().postDataJSON() as { id: string; kind: string; data: Words };
        this.posted.push({ bed: parts[1]!, ...body });
        if (this.answer !== 201)
          return json({ error: { code: 'refused', message: 'it was refused' } }, this.answer);
        return json({ event: { ...this.event(parts[1]!, body.kind, body.data), client_id: body.id } }, 201);
      }
      if (parts[0] === 'nights' && parts[1] !== undefined)
        return json(this.nights.find((n) => n.night === parts[1]));
      if (parts[0] === 'nights') {
        const of = url.searchParams.get('bed');
        return json({
          nights: this.nights
            .filter((n) => n.bed === of)
            .map((n) => ({ ...n, events: undefined, epochs: undefined })),
        });
      }
      if (parts[0] === 'events') {
        const since = Number(url.searchParams.get('since'));
        return json({
          events: [...this.older, ...this.#events].filter((e) => Number(e.seq) > since).slice(0, 500),
          head: first_seq - 1 + this.#events.length,
        });
      }
      if (parts[0] === 'definitions')
        return json({
          algorithm: 'night',
          version: '2',
          caution:
            'Sensors of movement take lying awake and still for sleep: people in pain are awake for longer than these figures say. Out of bed, a button press and a check-in are certain wake.',
          definitions: this.definitions,
        });
      if (parts[0] === 'validation') return json({ validation: this.validation });
      return json({ error: { code: 'nowhere', message: 'nothing here' } }, 404);
    });
  }

  #say(message: Words): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(message));
  }

  #readings(): Words {
    return { kind: 'readings', t: iso(Date.now()), beds: this.beds.map((b) => this.#reading(b)) };
  }

  #snapshot(b: ScriptedBed): Words {
    return {
      bed: b.bed,
      label: b.label,
      person: b.person,
      simulated: true,
      night:
        b.night_min === undefined
          ? null
          : { night: `${b.bed}-open`, opened: iso(this.now - b.night_min * minute), figures: null },
      reading: this.#reading(b),
    };
  }

  #reading(b: ScriptedBed): Words {
    const here = b.state !== 'out_of_bed' && b.state !== 'unknown';
    return {
      bed: b.bed,
      t: iso(Date.now()),
      state: b.state,
      state_since: iso(this.now - b.since_min * minute),
      why: b.why,
      in_bed: b.state === 'unknown' ? null : here,
      p_asleep: b.p_asleep,
      load_kg: { v: here ? 71.2 : 0.1, age_s: 0.3 },
      movement_kg: { v: 0.04, age_s: 0.3 },
      breath_rpm: here ? { v: 14, age_s: 0.4 } : null,
      breath_quality: here ? 0.93 : null,
      breath_from: 'load',
      heart_bpm: here ? { v: 58, age_s: 0.4 } : null,
      heart_quality: here ? 0.88 : null,
      heart_from: 'load',
      ...b.reading,
    };
  }
}

function file(path: string): { status: number; contentType?: string; body: Buffer | string } {
  const name = path.startsWith('/assets/') || path.includes('.') ? path : '/index.html';
  try {
    const body = readFileSync(join(repository, 'web', 'dist', name));
    return { status: 200, contentType: types[name.split('.').at(-1)!] ?? 'application/octet-stream', body };
  } catch {
    return { status: 404, body: '' };
  }
}

export interface Stretch {
  /** Minutes. */
  for: number;
  state: State;
  p?: number;
  /** What the morning made of it. */
  rescored?: 'sleep' | 'wake' | 'unknown';
}

const score_of = (state: State) => (state === 'asleep' ? 'sleep' : state === 'unknown' ? 'unknown' : 'wake');

/** Epochs one after the other; a stretch of `unknown` is there, and says that it is. */
export function epochs(from: number, stretches: readonly Stretch[]): Words[] {
  const out: Words[] = [];
  let at = from;
  for (const s of stretches) {
    for (let i = 0; i < s.for * 2; i++, at += epoch_ms) {
      const score = score_of(s.state);
      const p = s.state === 'unknown' ? null : (s.p ?? (score === 'sleep' ? 0.97 : 0.04));
      const rescored = s.rescored ?? score;
      out.push({
        from: iso(at),
        score,
        rescored,
        state: s.state,
        counts: null,
        movement_kg: s.state === 'unknown' ? null : score === 'sleep' ? 0.02 : 0.4 + (i % 5) * 0.1,
        load_kg: 71,
        scorer: 'estimator 1',
        rescorer: 'smoother 1',
        p_asleep: p,
        rescored_p_asleep: rescored === 'unknown' ? null : rescored === 'sleep' ? 0.98 : 0.08,
      });
    }
  }
  return out;
}

export const figures: Words = {
  tib_min: 480,
  sol_min: 22,
  waso_min: 46,
  tst_min: 370,
  se_percent: 77.1,
  sol_low_min: 18,
  sol_high_min: 30,
  waso_low_min: 30,
  waso_high_min: 95,
  tst_low_min: 340,
  tst_high_min: 395,
  se_low_percent: 70.8,
  se_high_percent: 82.3,
  spt_min: 448,
  maintenance_percent: 82.6,
  twak_min: 10,
  twt_min: 78,
  movement_index_percent: 6.2,
  fragmentation_percent: 4.1,
  nwak_1min: 4,
  nwak_5min: 2,
  exits: 1,
  position_changes: 17,
  restless_episodes: 2,
  unknown_min: 40,
  longest_gap_min: 40,
  coverage_percent: 91.7,
  nap: false,
  live_sol_min: 22,
  live_waso_min: 34,
  live_tst_min: 382,
  live_se_percent: 79.6,
  live_nwak_1min: 3,
  live_nwak_5min: 1,
  changed_min: 14,
};

/** A night of eight hours, over `ago_min` ago, with a sensor gap of 40 min and 14 min that the morning scored anew. */
export function night(bed: string, now: number, ago_min = 120, more: Words = {}): Words {
  const closed = Math.floor((now - ago_min * minute) / epoch_ms) * epoch_ms;
  const opened = closed - 480 * minute;
  const record = epochs(opened, [
    { for: 22, state: 'awake' },
    { for: 68, state: 'asleep' },
    { for: 6, state: 'restless', p: 0.3 },
    { for: 44, state: 'asleep' },
    { for: 12, state: 'asleep', p: 0.7, rescored: 'wake' },
    { for: 40, state: 'asleep' },
    { for: 40, state: 'unknown' },
    { for: 60, state: 'asleep' },
    { for: 2, state: 'awake', p: 0.4, rescored: 'sleep' },
    { for: 8, state: 'awake' },
    { for: 5, state: 'out_of_bed', p: 0 },
    { for: 4, state: 'awake' },
    { for: 74, state: 'asleep' },
    { for: 7, state: 'restless', p: 0.35 },
    { for: 78, state: 'asleep' },
    { for: 10, state: 'awake' },
  ]);
  const said = (kind: string, min: number, data: Words) => ({
    kind,
    seq: 1000 + min,
    bed,
    t: iso(opened + min * minute),
    zone: 'Europe/Berlin',
    data: { ago_s: 0, ...data },
  });
  return {
    night: `${bed}-last-${ago_min}`,
    bed,
    opened: iso(opened),
    closed: iso(closed),
    simulated: true,
    algorithm: 'figures',
    version: '2',
    figures,
    epochs: record,
    events: [
      said('night.opened', 0, { night: `${bed}-last-${ago_min}` }),
      said('awakening.suspected', 91, { number: 1, cause: 'movement' }),
      said('awakening.confirmed', 92, { number: 1, cause: '60 s awake' }),
      said('awakening.suspected', 200, { number: 2, cause: 'movement' }),
      said('awakening.withdrawn', 202, { number: 2, cause: 'still again' }),
      said('awakening.confirmed', 293, { number: 3, cause: 'left the bed' }),
      said('pain.checkin', 296, { score: 6, regions: ['lower back'] }),
      said('awakening.confirmed', 386, { number: 4, cause: '60 s awake' }),
    ],
    ...more,
  };
}

export const definitions: Words[] = [
  {
    key: 'tst_min',
    title: 'Total sleep time',
    unit: 'min',
    definition: 'The sum of the epochs scored sleep. A gap is never sleep.',
  },
  {
    key: 'sol_min',
    title: 'Sleep onset latency',
    unit: 'min',
    definition: 'Lights out, or bed entry, to the first sleep epoch of a run of 10 min.',
  },
  {
    key: 'waso_min',
    title: 'Wake after sleep onset',
    unit: 'min',
    definition: 'Wake between onset and final awakening, out of bed included.',
  },
];

export const validation: Words = {
  lab: 'Lab 2',
  algorithm: 'estimator',
  version: '1',
  program: '0.1.0',
  measured: '2026-11-28',
  nights: 12,
  people: 8,
  epochs: 11234,
  sensitivity: 0.93,
  sensitivity_low: 0.9,
  sensitivity_high: 0.95,
  specificity: 0.61,
  specificity_low: 0.5,
  specificity_high: 0.7,
  kappa: 0.55,
  kappa_low: 0.47,
  kappa_high: 0.62,
  tst_bias_min: 12,
  tst_low_min: -30,
  tst_high_min: 55,
  sol_bias_min: -3,
  sol_low_min: -12,
  sol_high_min: 6,
  waso_bias_min: -9,
  waso_low_min: -45,
  waso_high_min: 27,
  awakenings_true_1min: 61,
  awakenings_found_1min: 40,
  awakenings_invented_1min: 9,
  awakenings_true_5min: 19,
  awakenings_found_5min: 17,
  awakenings_invented_5min: 2,
  latency_median_s: 74,
  latency_p90_s: 140,
  seq: 900,
  stored: '2026-11-28T00:00:00.000Z',
  simulated: true,
};
