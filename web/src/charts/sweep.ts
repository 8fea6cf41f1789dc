import { wave_absent } from '../wire/waves.ts';
import type { TraceRing } from './trace_ring.ts';

/** A trace that is written from left to right over its own past, as bedside monitors do; only new points are drawn. */

export interface Range {
  low: number;
  high: number;
}

/** From raw extent to the range of the axis. Ranges move in steps, so that the picture does not breathe. */
export type Ranger = (extent: Range, current: Range | undefined) => Range;

/** Rounds up to 1, 2 or 5 times a power of ten. */
export function nice(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  const of = x / power;
  return (of <= 1 ? 1 : of <= 2 ? 2 : of <= 5 ? 5 : 10) * power;
}

/** The axis starts at zero; at least `least` high. */
export const from_zero =
  (least: number): Ranger =>
  ({ high }, current) => {
    const wanted = nice(Math.max(least, high * 1.15));
    const keeps = current !== undefined && high <= current.high && wanted > current.high / 4;
    return keeps ? current : { low: 0, high: wanted };
  };

/** The axis follows the value, at least `least` wide: for a load of 70 kg that moves by grams. */
export const around =
  (least: number): Ranger =>
  ({ low, high }, current) => {
    const spread = high - low;
    if (current && low >= current.low && high <= current.high && spread > (current.high - current.low) / 5)
      return current;
    const width = nice(Math.max(least, spread * 1.25));
    if (current && low >= current.low && high <= current.high && width >= current.high - current.low)
      return current;
    const step = width / 4;
    const floor = Math.floor((low - (width - spread) / 2) / step) * step;
    return { low: floor, high: Math.max(floor + width, Math.ceil(high / step) * step) };
  };

const pen_gap = 14;

export class Sweep {
  range: Range | undefined;
  #drawn = -1;
  #context: CanvasRenderingContext2D | null;
  #width = 0;
  #height = 0;
  #ratio = 1;
  #looked = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly ring: TraceRing,
    private readonly ranger: Ranger,
    private readonly colours: () => { line: string; hatch: string },
    private readonly ranged: (range: Range) => void,
  ) {
    this.#context = canvas.getContext('2d');
  }

  resize(width: number, height: number, ratio: number): void {
    if (width === this.#width && height === this.#height && ratio === this.#ratio) return;
    this.#width = width;
    this.#height = height;
    this.#ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.repaint();
  }

  /** Everything again: the theme or the size changed. */
  repaint(): void {
    if (!this.#context) return;
    this.#context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#context.clearRect(0, 0, this.#width, this.#height);
    this.#drawn = Math.max(this.ring.oldest - 1, this.ring.newest - this.ring.capacity + this.#gap_points());
    if (this.ring.newest >= 0) this.#write(this.#drawn + 1, this.ring.newest);
  }

  /** What is new since the last time. */
  draw(): void {
    const newest = this.ring.newest;
    if (!this.#context || this.#width === 0 || newest < 0 || newest === this.#drawn) return;
    if (this.#rerange(newest) || this.#drawn < 0 || newest - this.#drawn >= this.ring.capacity)
      this.repaint();
    else this.#write(this.#drawn + 1, newest);
  }

  #gap_points(): number {
    return Math.ceil((pen_gap / Math.max(1, this.#width)) * this.ring.capacity);
  }

  /** At once when a new point lies outside, else every few seconds. */
  #rerange(newest: number): boolean {
    let outside = this.range === undefined;
    for (let k = this.#drawn + 1; k <= newest && !outside; k++) {
      const value = this.ring.at(k);
      outside = value !== wave_absent && (value < this.range!.low || value > this.range!.high);
    }
    if (!outside && newest - this.#looked < this.ring.capacity / 10) return false;
    this.#looked = newest;
    const extent = this.ring.extent();
    if (!extent) return false;
    const range = this.ranger(extent, this.range);
    if (range.low === this.range?.low && range.high === this.range.high) return false;
    this.range = range;
    this.ranged(range);
    return true;
  }

  #x(k: number): number {
    return ((k % this.ring.capacity) / this.ring.capacity) * this.#width;
  }

  #y(value: number): number {
    const { low, high } = this.range ?? { low: 0, high: 1 };
    return 1.5 + (1 - (value - low) / (high - low)) * (this.#height - 3);
  }

  /** Points from..to, wrapped at the right edge into runs. */
  #write(from: number, to: number): void {
    const n = this.ring.capacity;
    for (let start = from; start <= to; ) {
      const end = Math.min(to, Math.floor(start / n) * n + n - 1);
      this.#run(start, end);
      start = end + 1;
    }
    this.#drawn = to;
  }

  #run(from: number, to: number): void {
    const c = this.#context!;
    const first_of_sweep = from % this.ring.capacity === 0;
    const x0 = first_of_sweep ? 0 : this.#x(from - 1);
    const x1 = this.#x(to);
    c.clearRect(x0, 0, x1 - x0 + pen_gap, this.#height);
    const over = x1 + pen_gap - this.#width;
    if (over > 0) c.clearRect(0, 0, over, this.#height);

    const { line, hatch } = this.colours();
    c.save();
    c.beginPath();
    c.rect(x0, 0, x1 - x0 + 1, this.#height);
    c.clip();
    c.beginPath();
    let down = false;
    // Two points back, so that the line goes on without a seam; never across the edge.
    for (let k = Math.max(from - 2, from - (from % this.ring.capacity)); k <= to; k++) {
      const value = this.ring.at(k);
      if (value === wave_absent) {
        if (k > this.ring.oldest) this.#absent(c, k, hatch);
        down = false;
        continue;
      }
      if (down) c.lineTo(this.#x(k), this.#y(value));
      else c.moveTo(this.#x(k), this.#y(value));
      down = true;
    }
    c.strokeStyle = line;
    c.lineWidth = 1.5;
    c.lineJoin = 'round';
    c.stroke();
    c.restore();
  }

  /** Nothing was known here: strokes on a fixed raster, so that runs join. */
  #absent(c: CanvasRenderingContext2D, k: number, colour: string): void {
    const raster = 8;
    const x0 = this.#x(k - 1);
    const x1 = this.#x(k);
    for (let x = Math.ceil(x0 / raster) * raster; x < x1; x += raster) {
      c.fillStyle = colour;
      for (let y = 2 + ((x / raster) % 2) * 4; y < this.#height; y += raster) c.fillRect(x, y, 2, 2);
    }
  }
}
