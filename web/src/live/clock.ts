/** Time that has passed on this machine, in ms. Both clocks of the browser are asked, since each has a fault. */
export interface Elapsed {
  /** performance.now(): never jumps, but may stand still while the machine sleeps. */
  steady(): number;
  /** Date.now(): counts sleep, but may be set. */
  wall(): number;
}

export const browser_elapsed: Elapsed = { steady: () => performance.now(), wall: () => Date.now() };

/** A moment by both clocks. */
export interface Moment {
  steady: number;
  wall: number;
}

export const moment = (clock: Elapsed): Moment => ({ steady: clock.steady(), wall: clock.wall() });

/**
 * ms since `then`; the larger of the two clocks' answers. A value may so look older than it is (the wall clock was
 * set forward), never younger.
 */
export const ms_since = (then: Moment, clock: Elapsed): number =>
  Math.max(0, clock.steady() - then.steady, clock.wall() - then.wall);

/** The server's clock as estimated here: its last stated time plus what has passed since, times its scale. */
export class ServerClock {
  #stated: { t: number; at: Moment } | undefined;
  #scale = 1;

  constructor(private readonly clock: Elapsed = browser_elapsed) {}

  get scale(): number {
    return this.#scale;
  }
  set scale(scale: number) {
    this.#scale = scale > 0 ? scale : 1;
  }

  state(t: number): void {
    this.#stated = { t, at: moment(this.clock) };
  }

  /** ms since 1970. Before the server ever spoke: this machine's own clock. */
  now(): number {
    if (!this.#stated) return this.clock.wall();
    return this.#stated.t + ms_since(this.#stated.at, this.clock) * this.#scale;
  }
}
