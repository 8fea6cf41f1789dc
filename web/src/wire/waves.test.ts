import { expect, test } from 'vitest';
import { read_waves, wave_absent } from './waves.ts';

/** Written from daemon/wire/live.hpp, not from the reader. */
function frame(
  traces: { bed: number; trace: number; values: number[] }[],
  first_s = 1_760_000_000.2,
): ArrayBuffer {
  const bytes = 16 + traces.reduce((sum, t) => sum + 4 + 2 * t.values.length, 0);
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint8(0, 0x56);
  view.setUint8(1, 0x57);
  view.setUint8(2, 1);
  view.setUint16(4, traces.length, true);
  view.setFloat64(8, first_s, true);
  let at = 16;
  for (const t of traces) {
    view.setUint16(at, t.bed, true);
    view.setUint8(at + 2, t.trace);
    view.setUint8(at + 3, t.values.length);
    t.values.forEach((value, i) => {
      view.setInt16(at + 4 + 2 * i, value, true);
    });
    at += 4 + 2 * t.values.length;
  }
  return view.buffer;
}

test('many beds in one frame', () => {
  const waves = read_waves(
    frame([
      { bed: 0, trace: 0, values: [7120, 7121] },
      { bed: 3, trace: 1, values: [wave_absent, -5, 32767] },
    ]),
  )!;
  expect(waves.map((w) => [w.bed, w.trace, [...w.values]])).toEqual([
    [0, 'load', [7120, 7121]],
    [3, 'movement', [wave_absent, -5, 32767]],
  ]);
  expect(waves[0]!.first).toBeCloseTo(1_760_000_000_200, 0);
});

test('a trace this page does not know is passed over, the next is read', () => {
  const waves = read_waves(
    frame([
      { bed: 0, trace: 9, values: [1, 2, 3] },
      { bed: 1, trace: 0, values: [4] },
    ]),
  )!;
  expect(waves.map((w) => w.bed)).toEqual([1]);
});

test('every frame that ends early is refused', () => {
  const whole = frame([
    { bed: 0, trace: 0, values: [1, 2] },
    { bed: 1, trace: 1, values: [3] },
  ]);
  for (let length = 0; length < whole.byteLength; length++) {
    expect(read_waves(whole.slice(0, length)), `${length} bytes`).toBeUndefined();
  }
  expect(read_waves(whole)).toBeDefined();
});

test.each([
  ['another magic', 0, 0x58],
  ['another version', 2, 2],
])('%s is refused', (_, at, byte) => {
  const buffer = frame([{ bed: 0, trace: 0, values: [1] }]);
  new DataView(buffer).setUint8(at, byte);
  expect(read_waves(buffer)).toBeUndefined();
});

test('a time that is none is refused', () => {
  expect(read_waves(frame([], Number.NaN))).toBeUndefined();
});
