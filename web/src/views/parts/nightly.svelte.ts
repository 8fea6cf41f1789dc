import { type Compared, compare } from '../../charts/compare.ts';
import { vigil } from '../../page.ts';
import {
  type Definitions,
  get_definitions,
  get_night,
  get_nights,
  get_validation,
  type Night,
  type Validation,
  type WholeNight,
} from '../../wire/rest.ts';
import { last_night } from './night.ts';

const nights_told = 14;
/** Hindsight may come after the night was closed. */
const again_ms = 10 * 60_000;

const words_of = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');

/** The nights of one bed that are over, with the record of the one that is shown. Made while a component begins. */
export class Nightly {
  nights = $state.raw<readonly Night[]>();
  trouble = $state('');
  /** A night that a person chose, by its id. */
  chosen = $state<string>();
  whole = $state.raw<WholeNight>();
  whole_trouble = $state('');
  /** Undefined: not read yet, or the server tells none. */
  definitions = $state.raw<Definitions>();
  validation = $state.raw<Validation | null>(null);
  #again = $state(0);

  shown = $derived.by((): Night | undefined => {
    const nights = this.nights ?? [];
    return (
      nights.find((n) => n.night === this.chosen && n.closed !== null) ??
      last_night(nights, vigil.clock.now())
    );
  });
  /** Of the night that is shown; undefined while it is being read. */
  compared = $derived.by((): Compared | undefined =>
    this.whole && this.whole.night === this.shown?.night ? compare(this.whole) : undefined,
  );

  /** `bed_id`, and what changes when one more night has ended. */
  constructor(of: () => { bed_id: string; ended: number }) {
    $effect(() => {
      const { bed_id, ended } = of();
      void ended;
      void this.#again;
      if (vigil.link_state !== 'open') return;
      const asked = new AbortController();
      get_nights(bed_id, nights_told, asked.signal).then(
        (nights) => {
          this.nights = nights;
          this.trouble = '';
        },
        (error: unknown) => {
          if (!asked.signal.aborted) this.trouble = words_of(error);
        },
      );
      return () => asked.abort();
    });

    const id = $derived(this.shown?.night);
    $effect(() => {
      void this.#again;
      if (id === undefined || vigil.link_state !== 'open') return;
      const asked = new AbortController();
      get_night(id, asked.signal).then(
        (whole) => {
          this.whole = whole;
          this.whole_trouble = '';
        },
        (error: unknown) => {
          if (!asked.signal.aborted) this.whole_trouble = words_of(error);
        },
      );
      return () => asked.abort();
    });

    const stored = $derived(vigil.house.findLast((e) => e.kind === 'validation.stored')?.seq ?? 0);
    $effect(() => {
      void stored;
      if (vigil.link_state !== 'open') return;
      const asked = new AbortController();
      // A page without them still tells the night; their place says that they are not here.
      get_definitions(asked.signal).then(
        (definitions) => {
          this.definitions = definitions;
        },
        () => undefined,
      );
      get_validation(asked.signal).then(
        (validation) => {
          this.validation = validation;
        },
        () => undefined,
      );
      return () => asked.abort();
    });

    $effect(() => {
      const timer = setInterval(() => this.#again++, again_ms);
      return () => clearInterval(timer);
    });
  }

  definition(key: string): Definitions['definitions'][number] | undefined {
    return this.definitions?.definitions.find((d) => d.key === key);
  }
}
