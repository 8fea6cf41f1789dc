import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { LogEvent } from '../wire/events.ts';
import { type Accepted, type EntryBody, Refused } from '../wire/rest.ts';
import { late_note } from './fold.ts';

/**
 * Entries on their way to the log. An entry is written to this device first, then sent, and forgotten only when the
 * server has said where in the log it stands. The same id goes out with every attempt, so that an answer that was
 * lost never makes a second entry.
 */

export interface Kept {
  id: string;
  bed: string;
  kind: string;
  data: Record<string, unknown>;
  /** When the person made it, ms since 1970, server's clock as far as known. */
  made: number;
  attempts: number;
  /** Why the last attempt failed; empty: none did. */
  trouble: string;
  /** The server will not have it, whatever is tried; it stays to be read and dismissed. */
  refused: boolean;
  /** The person took it back before it was known to be saved: withdraw it as soon as it is. */
  take_back: boolean;
}

export type Outcome = { saved: LogEvent } | { refused: string } | { taken_back: true };

interface Shelf extends DBSchema {
  entries: { key: string; value: Kept };
}

export interface OutboxOptions {
  post: (bed: string, body: EntryBody, signal: AbortSignal) => Promise<Accepted>;
  /** Server's time, ms since 1970. */
  now: () => number;
  changed: (entries: readonly Kept[]) => void;
  name?: string;
  id?: () => string;
}

const first_retry_ms = 1_000;
const longest_retry_ms = 30_000;
const answer_ms = 10_000;
/** An entry saved later than this after it was made says so in the log. */
const late_ms = 120_000;

/** Answers that no repetition will change. 404 is none: a bed is unknown until its sensors have been looked at. */
const final = (status: number) => status >= 400 && status < 500 && ![404, 408, 425, 429].includes(status);

export class Outbox {
  /** False: this browser gives no storage; entries live as long as the page. */
  durable = true;

  #entries: Kept[] = [];
  #shelf: IDBPDatabase<Shelf> | undefined;
  #ready: Promise<void>;
  #busy = false;
  #failures = 0;
  /** What the server asked for with its last refusal, in ms. */
  #retry_after: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #waiting = new Map<string, ((outcome: Outcome) => void)[]>();

  constructor(private readonly options: OutboxOptions) {
    this.#ready = this.#open();
  }

  get entries(): readonly Kept[] {
    return this.#entries;
  }
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Resolves when the entry is on this device's shelf. Sending goes on by itself. */
  async add(bed: string, kind: string, data: Record<string, unknown>): Promise<Kept> {
    const entry: Kept = {
      id: this.options.id?.() ?? crypto.randomUUID(),
      bed,
      kind,
      data,
      made: this.options.now(),
      attempts: 0,
      trouble: '',
      refused: false,
      take_back: false,
    };
    await this.#ready;
    this.#entries = [...this.#entries, entry];
    await this.#keep(entry);
    this.#tell();
    this.flush();
    return entry;
  }

  /** Resolves when it is decided what became of the entry. */
  outcome(id: string): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    });
  }

  /** An entry that is not known to be saved. One never sent goes; one that may be in the log is withdrawn there. */
  async take_back(id: string): Promise<void> {
    const entry = this.#entries.find((e) => e.id === id);
    if (!entry) return;
    if (entry.attempts === 0) {
      await this.#forget(id);
      this.#settle(id, { taken_back: true });
      return;
    }
    await this.#change({ ...entry, take_back: true });
    this.flush();
  }

  /** A refused entry was read and is let go. */
  async dismiss(id: string): Promise<void> {
    if (this.#entries.find((e) => e.id === id)?.refused) await this.#forget(id);
  }

  /** A refused entry is sent once more, since the person asks for it. */
  async try_again(id: string): Promise<void> {
    const entry = this.#entries.find((e) => e.id === id);
    if (!entry) return;
    await this.#change({ ...entry, refused: false, trouble: '' });
    this.flush();
  }

  /** The log itself shows an entry of this id: the answer may have been lost, the entry is not. */
  async seen(event: LogEvent): Promise<void> {
    if (event.seq === 0 || event.client_id === '') return;
    const entry = this.#entries.find((e) => e.id === event.client_id);
    if (entry) await this.#saved(entry, event);
  }

  /** Tries to send all, in order, now. */
  flush(): void {
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#send_all()
      .catch(() => undefined)
      .finally(() => {
        this.#busy = false;
        if (this.#next()) this.#later();
      });
  }

  #next(beside: ReadonlySet<string> = new Set()): Kept | undefined {
    return this.#entries.find((e) => !e.refused && !beside.has(e.bed));
  }

  #later(): void {
    const step = Math.min(longest_retry_ms, first_retry_ms * 2 ** Math.min(this.#failures, 10));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), this.#retry_after ?? step);
    this.#retry_after = undefined;
  }

  /** In order for each bed; one that must wait holds up its own bed only. */
  async #send_all(): Promise<void> {
    await this.#ready;
    const waiting = new Set<string>();
    for (let entry = this.#next(); entry; entry = this.#next(waiting)) {
      const end = await this.#send(entry);
      if (end === 'unheard') break;
      if (end === 'wait') waiting.add(entry.bed);
    }
    this.#failures = this.#next() ? this.#failures + 1 : 0;
  }

  async #send(entry: Kept): Promise<'done' | 'wait' | 'unheard'> {
    const tried: Kept = { ...entry, attempts: entry.attempts + 1 };
    await this.#change(tried);
    try {
      const { id, kind, data } = entry;
      const answer = await this.options.post(entry.bed, { id, kind, data }, AbortSignal.timeout(answer_ms));
      await this.#saved(tried, answer.event);
      return 'done';
    } catch (error) {
      // It may have come by the live stream while the answer failed.
      if (!this.#entries.some((e) => e.id === entry.id)) return 'done';
      if (error instanceof Refused && final(error.status)) {
        await this.#change({ ...this.#current(tried), refused: true, trouble: error.message });
        this.#settle(entry.id, { refused: error.message });
        return 'done';
      }
      if (error instanceof Refused && error.retry_after_s !== undefined) {
        this.#retry_after = Math.min(longest_retry_ms, Math.max(500, error.retry_after_s * 1000));
      }
      const trouble = error instanceof Refused ? error.message : 'Vigil does not answer';
      await this.#change({ ...this.#current(tried), trouble });
      return error instanceof Refused ? 'wait' : 'unheard';
    }
  }

  #current(entry: Kept): Kept {
    return this.#entries.find((e) => e.id === entry.id) ?? entry;
  }

  async #saved(entry: Kept, event: LogEvent): Promise<void> {
    const now = this.#current(entry);
    if (!this.#entries.some((e) => e.id === entry.id)) return;
    // What follows from it is kept before the entry is let go, so that a power cut between loses neither.
    if (now.take_back) {
      await this.#follow(now, { corrects: event.seq, withdrawn: true, score: null, note: 'taken back' });
    } else if (now.kind === 'pain.checkin' && event.at - now.made > late_ms) {
      await this.#follow(now, {
        corrects: event.seq,
        withdrawn: false,
        score: null,
        note: late_note(now.made),
      });
    }
    await this.#forget(entry.id);
    this.#settle(entry.id, { saved: event });
  }

  async #follow(entry: Kept, data: Record<string, unknown>): Promise<void> {
    const next: Kept = {
      ...entry,
      // Derived, so that a second attempt after a power cut is the same entry.
      id: `${entry.id.slice(0, 60)}-c`,
      kind: 'entry.corrected',
      data,
      attempts: 0,
      trouble: '',
      take_back: false,
    };
    if (this.#entries.some((e) => e.id === next.id)) return;
    this.#entries = [...this.#entries, next];
    await this.#keep(next);
  }

  async #open(): Promise<void> {
    try {
      this.#shelf = await openDB<Shelf>(this.options.name ?? 'vigil', 1, {
        upgrade: (db) => void db.createObjectStore('entries', { keyPath: 'id' }),
      });
      const kept = await this.#shelf.getAll('entries');
      this.#entries = kept.sort((a, b) => a.made - b.made);
    } catch {
      this.durable = false;
    }
    this.#tell();
    if (this.#next()) setTimeout(() => this.flush(), 0);
  }

  async #keep(entry: Kept): Promise<void> {
    if (!this.#shelf) return;
    try {
      const write = this.#shelf.transaction('entries', 'readwrite', { durability: 'strict' });
      await Promise.all([write.store.put(entry), write.done]);
    } catch {
      this.durable = false;
    }
  }

  async #change(entry: Kept): Promise<void> {
    if (!this.#entries.some((e) => e.id === entry.id)) return;
    this.#entries = this.#entries.map((e) => (e.id === entry.id ? entry : e));
    await this.#keep(entry);
    this.#tell();
  }

  async #forget(id: string): Promise<void> {
    this.#entries = this.#entries.filter((e) => e.id !== id);
    this.#tell();
    await this.#shelf?.delete('entries', id).catch(() => undefined);
  }

  #settle(id: string, outcome: Outcome): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve(outcome);
    this.#waiting.delete(id);
  }

  #tell(): void {
    this.options.changed(this.#entries);
  }
}
