/**
 * Binary waveform frames (daemon/wire/live.hpp), little endian:
 * header of 16 bytes {'V','W', u8 version, u8 0, u16 trace count, u16 0, f64 unix seconds of the first grid point},
 * then per trace {u16 bed index in the order of `hello`, u8 trace, u8 n, i16 value[n]}, 10 Hz.
 */

export const wave_rate_hz = 10;
export const wave_absent = -32768;
const header_bytes = 16;
const little_endian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export const traces = ['load', 'movement'] as const;
export type Trace = (typeof traces)[number];

export interface Wave {
  bed: number;
  trace: Trace;
  /** ms since 1970 of values[0], server's clock; each next is 100 ms later. */
  first: number;
  values: Int16Array;
}

/** Undefined: not such a frame, or one that ends early. Traces of a kind this page does not know are left out. */
export function read_waves(buffer: ArrayBuffer): Wave[] | undefined {
  if (buffer.byteLength < header_bytes) return undefined;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 0x56 || view.getUint8(1) !== 0x57 || view.getUint8(2) !== 1) return undefined;
  const count = view.getUint16(4, true);
  const first = view.getFloat64(8, true) * 1000;
  if (!Number.isFinite(first)) return undefined;
  const waves: Wave[] = [];
  let at = header_bytes;
  for (let i = 0; i < count; i++) {
    if (at + 4 > buffer.byteLength) return undefined;
    const bed = view.getUint16(at, true);
    const trace = traces[view.getUint8(at + 2)];
    const n = view.getUint8(at + 3);
    at += 4;
    if (at + 2 * n > buffer.byteLength) return undefined;
    if (trace) waves.push({ bed, trace, first, values: samples(buffer, view, at, n) });
    at += 2 * n;
  }
  return waves;
}

function samples(buffer: ArrayBuffer, view: DataView, at: number, n: number): Int16Array {
  if (little_endian) return new Int16Array(buffer, at, n);
  return Int16Array.from({ length: n }, (_, i) => view.getInt16(at + 2 * i, true));
}
