import { browser_elapsed, type Elapsed, type Moment, moment, ms_since } from './clock.ts';

export type LinkState = 'connecting' | 'open' | 'lost';

/** What of a WebSocket is used here; tests bring their own. */
export interface SocketLike {
  binaryType: string;
  onopen: ((e: never) => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number; reason: string }) => void) | null;
  onerror: ((e: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export interface LinkOptions {
  /** Asked anew for each attempt, so that it carries the newest `since`. */
  url: () => string;
  make?: (url: string) => SocketLike;
  text: (frame: string) => void;
  binary: (frame: ArrayBuffer) => void;
  changed: (state: LinkState) => void;
  /** Is the server there at all? Asked when an open socket is silent. */
  probe: () => Promise<boolean>;
  elapsed?: Elapsed;
}

const first_retry_ms = 500;
const longest_retry_ms = 10_000;
/** Readings come once a second; a socket silent for this long is asked about, then given up. */
export const silence_ms = 8_000;
const opening_ms = 6_000;

/** One live socket, kept open for ever: reconnects with back-off, at once when the network or the page returns. */
export class Link {
  state: LinkState = 'connecting';
  /** When the last frame came; undefined: none since the page was loaded. */
  heard: Moment | undefined;
  /** When the socket was lost, for "connection lost 12 s ago". */
  lost_at: Moment | undefined;
  opened = 0;

  #socket: SocketLike | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #began: Moment;
  #probing = false;
  #stopped = false;
  readonly #clock: Elapsed;
  readonly #make: (url: string) => SocketLike;

  constructor(private readonly options: LinkOptions) {
    this.#clock = options.elapsed ?? browser_elapsed;
    this.#make = options.make ?? ((url) => new WebSocket(url) as unknown as SocketLike);
    this.#began = moment(this.#clock);
  }

  start(): void {
    this.#stopped = false;
    this.#watch ??= setInterval(() => this.#look(), 1000);
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#drop();
  }

  /** The page has reason to believe that the network or itself is back. */
  nudge(): void {
    if (this.#stopped || this.#socket) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  /** Gives this socket up and opens another at once, with a new `since`. */
  again(): void {
    if (this.#stopped) return;
    this.#drop();
    this.#lose();
  }

  /** A frame was understood: the line is good, the next loss starts with the short wait again. */
  settle(): void {
    this.#failures = 0;
  }

  send(message: unknown): void {
    if (this.state === 'open') this.#socket?.send(JSON.stringify(message));
  }

  #open(): void {
    this.#drop();
    this.#began = moment(this.#clock);
    let socket: SocketLike;
    try {
      socket = this.#make(this.options.url());
    } catch {
      this.#lose();
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.opened++;
      this.heard = moment(this.#clock);
      this.#enter('open');
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      this.heard = moment(this.#clock);
      if (typeof data === 'string') this.options.text(data);
      else if (data instanceof ArrayBuffer) this.options.binary(data);
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.#lose();
    };
    socket.onerror = null;
  }

  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #lose(): void {
    if (this.#stopped) return;
    if (this.state !== 'lost') this.lost_at = this.heard ?? moment(this.#clock);
    this.#enter('lost');
    const step = Math.min(longest_retry_ms, first_retry_ms * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), step * (0.75 + 0.5 * Math.random()));
  }

  #enter(state: LinkState): void {
    this.state = state;
    this.options.changed(state);
  }

  #look(): void {
    if (!this.#socket) return;
    if (this.state !== 'open') {
      if (ms_since(this.#began, this.#clock) > opening_ms) this.again();
      return;
    }
    if (!this.heard || ms_since(this.heard, this.#clock) < silence_ms || this.#probing) return;
    this.#probing = true;
    const asked = this.#socket;
    this.options.probe().then(
      (there) => this.#answered(asked, there),
      () => this.#answered(asked, false),
    );
  }

  #answered(asked: SocketLike, there: boolean): void {
    this.#probing = false;
    if (asked !== this.#socket) return;
    if (there) this.heard = moment(this.#clock);
    else this.again();
  }
}
