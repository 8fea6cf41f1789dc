import type { Vigil } from '../../live/vigil.svelte.ts';

/** Said only when the server has said it, or honestly that it has not. */
export type Phase = 'idle' | 'saving' | 'noted' | 'kept' | 'refused' | 'taken_back';

/** After this long without an answer the person is told that the entry waits on this device. */
const patience_ms = 4_000;

export interface Details {
  regions: string[];
  qualities: string[];
  note: string;
}

/** One check-in from the tap to the log. */
export class Checkin {
  phase = $state<Phase>('idle');
  score = $state<number | undefined>(undefined);
  /** Its number in the log, once there. */
  seq = $state(0);
  trouble = $state('');
  /** Details are being added to, or were added to, this check-in. */
  detailed = $state(false);
  #id = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly vigil: Vigil,
    private readonly bed: () => string,
  ) {}

  async enter(score: number, details: Details = { regions: [], qualities: [], note: '' }): Promise<void> {
    if (this.phase === 'saving') return;
    this.score = score;
    this.seq = 0;
    this.trouble = '';
    this.phase = 'saving';
    this.#wait();
    const entry = await this.vigil.outbox.add(this.bed(), 'pain.checkin', { score, ...details });
    this.#follow(entry.id);
  }

  /** Enters the same again with more said, and takes the first back once the fuller one is safe in the log. */
  async say_more(details: Details): Promise<void> {
    const first = { id: this.#id, seq: this.seq };
    if (this.score === undefined || first.id === '') return;
    this.phase = 'saving';
    this.detailed = true;
    this.#wait();
    const entry = await this.vigil.outbox.add(this.bed(), 'pain.checkin', { score: this.score, ...details });
    this.#follow(entry.id);
    if (first.seq > 0) {
      await this.vigil.outbox.add(this.bed(), 'entry.corrected', {
        corrects: first.seq,
        withdrawn: true,
        score: null,
        note: 'replaced by an entry that says more',
      });
    } else {
      await this.vigil.outbox.take_back(first.id);
    }
  }

  async undo(): Promise<void> {
    const { seq } = this;
    const id = this.#id;
    clearTimeout(this.#timer);
    this.phase = 'taken_back';
    if (seq > 0) {
      await this.vigil.outbox.add(this.bed(), 'entry.corrected', {
        corrects: seq,
        withdrawn: true,
        score: null,
        note: 'taken back',
      });
    } else {
      await this.vigil.outbox.take_back(id);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.phase = 'idle';
    this.score = undefined;
    this.seq = 0;
    this.detailed = false;
    this.#id = '';
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.phase === 'saving') this.phase = 'kept';
    }, patience_ms);
  }

  #follow(id: string): void {
    this.#id = id;
    if (this.vigil.link_state === 'lost') this.phase = 'kept';
    void this.vigil.outbox.outcome(id).then((outcome) => {
      if (this.#id !== id) return;
      clearTimeout(this.#timer);
      if ('saved' in outcome) {
        this.seq = outcome.saved.seq;
        if (this.phase !== 'taken_back') this.phase = 'noted';
      } else if ('refused' in outcome) {
        this.trouble = outcome.refused;
        this.phase = 'refused';
      }
    });
  }
}
