import type { LogEvent } from '../wire/events.ts';
import { type BedSnapshot, type Device, type Hello, type Recording, read_message } from '../wire/messages.ts';
import { get_epochs, post_entry } from '../wire/rest.ts';
import { read_waves } from '../wire/waves.ts';
import { Bed, type Quantity, type Told, type Value, value_of } from './bed.svelte.ts';
import { browser_elapsed, type Elapsed, type Moment, ms_since, ServerClock } from './clock.ts';
import { type Kept, Outbox } from './outbox.ts';
import { Sequence } from './sequence.ts';
import { Link, type LinkState, type SocketLike } from './socket.ts';

/** No frame for this long, on this machine's clock, and nothing shown counts as live. */
export const quiet_ms = 5_000;
const epochs_every_ms = 120_000;
const history_h = 16;

export interface Wanted {
  /** Empty: all beds. */
  beds: string[];
  waves: boolean;
}

interface Parts {
  make?: (url: string) => SocketLike;
  elapsed?: Elapsed;
  probe?: () => Promise<boolean>;
  fetch_epochs?: typeof get_epochs;
  outbox_name?: string;
}

/** Everything the page knows, and how far it may be believed. One per page. */
export class Vigil {
  beds = $state.raw<readonly Bed[]>([]);
  devices = $state.raw<readonly Device[]>([]);
  /** Events of the daemon as a whole. */
  house = $state.raw<readonly LogEvent[]>([]);
  recording = $state.raw<Recording>({ writing: true, trouble: '' });
  version = $state('');
  log = $state('');
  time_scale = $state(1);
  link_state = $state<LinkState>('connecting');
  greeted = $state(false);
  caught_up = $state(false);
  kept = $state.raw<readonly Kept[]>([]);
  /** Moves once a second; whatever shows an age reads it. */
  beat = $state(0);
  /** Messages that were not understood, with the newest reason. */
  refused = $state(0);
  refused_why = $state('');
  reconnects = $state(0);

  readonly clock: ServerClock;
  readonly outbox: Outbox;
  sequence = new Sequence(true);
  #wanted: Wanted = { beds: [], waves: false };
  #link: Link;
  #order: Bed[] = [];
  #heard = $state.raw<Moment | undefined>(undefined);
  #lost_at = $state.raw<Moment | undefined>(undefined);
  #timers: ReturnType<typeof setInterval>[] = [];
  #elapsed: Elapsed;
  #fetch_epochs: typeof get_epochs;
  #fetching = new Set<string>();

  constructor(parts: Parts = {}) {
    this.#elapsed = parts.elapsed ?? browser_elapsed;
    this.#fetch_epochs = parts.fetch_epochs ?? get_epochs;
    this.clock = new ServerClock(this.#elapsed);
    this.outbox = new Outbox({
      post: post_entry,
      now: () => this.clock.now(),
      changed: (entries) => {
        this.kept = entries;
      },
      ...(parts.outbox_name ? { name: parts.outbox_name } : {}),
    });
    this.#link = new Link({
      url: () => this.#url(),
      text: (frame) => this.#text(frame),
      binary: (frame) => this.#binary(frame),
      changed: (state) => this.#changed(state),
      probe: parts.probe ?? answers,
      elapsed: this.#elapsed,
      ...(parts.make ? { make: parts.make } : {}),
    });
  }

  /** Follows these beds; called again with others, forgets what it had. */
  follow(wanted: Wanted): void {
    const same_beds = wanted.beds.join() === this.#wanted.beds.join();
    const started = this.#timers.length > 0;
    const waves = wanted.waves !== this.#wanted.waves;
    this.#wanted = wanted;
    if (!started) {
      this.sequence = new Sequence(wanted.beds.length === 0);
      this.#timers = [
        setInterval(() => this.tick(), 1000),
        setInterval(() => this.#fetch_all_epochs(), epochs_every_ms),
      ];
      this.#link.start();
    } else if (!same_beds) {
      this.#forget();
      this.sequence = new Sequence(wanted.beds.length === 0);
      this.#link.again();
      this.#link.nudge();
    } else if (waves) {
      this.#link.send({ kind: 'watch', beds: wanted.beds, waves: wanted.waves });
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#link.stop();
  }

  tick(): void {
    this.beat++;
    this.#heard = this.#link.heard;
  }

  /** The network, or the page itself, is back. */
  nudge(): void {
    this.tick();
    this.#link.nudge();
    this.outbox.flush();
  }

  bed(id: string): Bed | undefined {
    return this.beds.find((b) => b.id === id);
  }

  /** ms on this machine's clock since the last frame of any kind; undefined: none yet. */
  get silent_ms(): number | undefined {
    void this.beat;
    return this.#heard ? ms_since(this.#heard, this.#elapsed) : undefined;
  }

  /** ms since the connection was lost, by the last frame that came. */
  get lost_ms(): number | undefined {
    void this.beat;
    return this.#lost_at ? ms_since(this.#lost_at, this.#elapsed) : undefined;
  }

  /** Whether anything on the page may look current. */
  get live(): boolean {
    const silent = this.silent_ms;
    return this.link_state === 'open' && this.greeted && silent !== undefined && silent < quiet_ms;
  }

  /** Server's time, ms since 1970; moves with the beat. */
  get now(): number {
    void this.beat;
    return this.clock.now();
  }

  /** `now` in steps of ten seconds, for what need not be drawn anew each second. */
  slow_now = $derived.by(() => {
    const step = 10_000 * Math.max(1, this.time_scale);
    return Math.floor(this.now / step) * step;
  });

  told(bed: Bed): Told {
    const reading = bed.reading;
    // A server that is there, but whose reading of this bed stands still, is no more to be believed than silence.
    const behind_s = (this.now - bed.read_at) / 1000 / this.time_scale;
    if (this.live && behind_s < quiet_ms / 1000 + 2) {
      return {
        state: reading.state,
        since: reading.state_since ?? undefined,
        why: reading.why,
        in_bed: reading.in_bed === true,
        p_asleep: reading.p_asleep,
        live: true,
        last: undefined,
      };
    }
    return {
      state: 'unknown',
      since: bed.read_at,
      why: this.live ? 'no reading of this bed' : 'connection lost',
      in_bed: false,
      p_asleep: null,
      live: false,
      last: reading.state === 'unknown' ? undefined : { state: reading.state, at: bed.read_at },
    };
  }

  /** How old this bed's reading is, in the server's seconds. */
  age_s(bed: Bed): number {
    return Math.max(0, (this.now - bed.read_at) / 1000);
  }

  value(bed: Bed, quantity: Quantity): Value | undefined {
    return value_of(bed.reading[quantity], quantity, this.age_s(bed), this.told(bed).live);
  }

  #url(): string {
    const query = new URLSearchParams();
    if (this.sequence.begun) {
      query.set('since', String(this.sequence.through));
      query.set('log', this.log);
    }
    if (this.#wanted.beds.length > 0) query.set('beds', this.#wanted.beds.join(','));
    if (this.#wanted.waves) query.set('waves', '1');
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    return `${scheme}://${location.host}/api/v1/live?${query}`;
  }

  #changed(state: LinkState): void {
    this.link_state = state;
    if (state === 'lost') {
      this.#lost_at = this.#link.lost_at;
      this.caught_up = false;
      if (this.greeted) for (const bed of this.beds) bed.interrupted(bed.read_at);
    }
    this.tick();
  }

  #text(frame: string): void {
    const message = read_message(frame);
    switch (message.kind) {
      case 'hello':
        this.#hello(message);
        break;
      case 'history': {
        const fresh = this.sequence.take(message.events);
        this.#happened(fresh ?? []);
        if (
          fresh === undefined ||
          (message.events.length > 0 && !this.sequence.complete(last_seq(message.events)))
        ) {
          this.#link.again();
          return;
        }
        this.sequence.reached(message.through);
        if (message.through >= message.head) this.#catch_up();
        break;
      }
      case 'event': {
        const fresh = this.sequence.take([message.event]);
        if (fresh === undefined) this.#link.again();
        else this.#happened(fresh);
        break;
      }
      case 'readings':
        this.clock.state(message.t);
        for (const reading of message.beds) {
          this.#order.find((b) => b.id === reading.bed)?.read(reading, message.t);
        }
        this.tick();
        break;
      case 'devices':
        this.devices = message.devices;
        break;
      case 'recording':
        this.recording = { writing: message.writing, trouble: message.trouble };
        break;
      case 'beds':
        this.#snapshots(message.beds, this.clock.now());
        break;
      case 'refused':
        this.refused++;
        this.refused_why = message.why;
        break;
    }
  }

  #hello(hello: Hello): void {
    if (hello.reset || (this.log !== '' && hello.log !== this.log)) this.#forget();
    if (this.greeted) this.reconnects++;
    this.#link.settle();
    this.log = hello.log;
    this.version = hello.version;
    this.time_scale = hello.time_scale;
    this.clock.scale = hello.time_scale;
    this.clock.state(hello.t);
    this.recording = hello.recording;
    this.devices = hello.devices;
    this.#snapshots(hello.beds, hello.t);
    this.greeted = true;
    this.#lost_at = undefined;
    if (this.sequence.begun ? hello.head <= this.sequence.through : hello.head === 0) this.#catch_up();
    this.outbox.flush();
    this.tick();
  }

  /** The order of `hello` is the order of the waveforms' bed numbers. */
  #snapshots(snapshots: BedSnapshot[], at: number): void {
    const known = new Map(this.beds.map((b) => [b.id, b]));
    const same =
      snapshots.length === this.#order.length && snapshots.every((s, i) => s.bed === this.#order[i]?.id);
    for (const snapshot of snapshots) {
      const bed = known.get(snapshot.bed);
      if (bed) bed.tell(snapshot, at);
      else known.set(snapshot.bed, new Bed(snapshot, at, this.time_scale));
    }
    if (!same) {
      this.#order = snapshots.map((s) => known.get(s.bed)!);
      this.beds = this.#order;
    }
  }

  #catch_up(): void {
    this.caught_up = true;
    this.#fetch_all_epochs();
  }

  #happened(events: readonly LogEvent[]): void {
    if (events.length === 0) return;
    const by_bed = new Map<string, LogEvent[]>();
    for (const event of events) {
      const of_bed = by_bed.get(event.bed);
      if (of_bed) of_bed.push(event);
      else by_bed.set(event.bed, [event]);
      if (event.client_id) void this.outbox.seen(event);
    }
    for (const [id, of_bed] of by_bed) {
      const bed = this.beds.find((b) => b.id === id);
      if (bed) bed.happened(of_bed);
      else this.house = [...this.house, ...of_bed].slice(-2_000);
    }
  }

  #binary(frame: ArrayBuffer): void {
    const waves = read_waves(frame);
    if (!waves) {
      this.refused++;
      this.refused_why = 'a waveform frame that ends early';
      return;
    }
    for (const wave of waves) this.#order[wave.bed]?.rings[wave.trace].add(wave.first, wave.values);
  }

  #fetch_all_epochs(): void {
    const queue = [...this.beds];
    const next = async (): Promise<void> => {
      for (let bed = queue.shift(); bed; bed = queue.shift()) await this.#fetch_bed_epochs(bed);
    };
    for (let i = 0; i < 3; i++) void next();
  }

  async #fetch_bed_epochs(bed: Bed): Promise<void> {
    if (this.link_state !== 'open' || this.#fetching.has(bed.id)) return;
    this.#fetching.add(bed.id);
    try {
      const now = this.clock.now();
      const newest = bed.epochs[bed.epochs.length - 1]?.from;
      // A few are asked for again, since a delayed decision may have changed them.
      const from = newest !== undefined ? newest - 15 * 60_000 : now - history_h * 3_600_000;
      bed.scored(await this.#fetch_epochs(bed.id, from, now));
      bed.epochs_trouble = '';
    } catch (error) {
      bed.epochs_trouble = error instanceof Error ? error.message : 'unknown';
    } finally {
      this.#fetching.delete(bed.id);
    }
  }

  #forget(): void {
    this.sequence.reset();
    this.house = [];
    this.caught_up = false;
    this.greeted = false;
    for (const bed of this.beds) bed.forget();
    this.beds = [];
    this.#order = [];
  }
}

const last_seq = (events: readonly LogEvent[]): number => events[events.length - 1]?.seq ?? 0;

async function answers(): Promise<boolean> {
  try {
    const response = await fetch('/api/v1/health', { cache: 'no-store', signal: AbortSignal.timeout(4_000) });
    return response.ok;
  } catch {
    return false;
  }
}
