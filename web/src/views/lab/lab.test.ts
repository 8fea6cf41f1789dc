import { expect, test } from 'vitest';
import type { Bed, Told } from '../../live/bed.svelte.ts';
import { place_of } from '../../place.ts';
import { wall_of } from './layout.ts';
import { by_need } from './need.ts';

const bed = (id: string, night: object | null = {}, calls: object[] = []) =>
  ({ id, night, facts: { calls } }) as unknown as Bed;
const told = (state: Told['state'], since: number, live = true): Told => ({
  state,
  since,
  why: '',
  in_bed: false,
  p_asleep: null,
  live,
  last: undefined,
});

test('need goes from what is not known to who sleeps, the longest first', () => {
  const all: [Bed, Told][] = [
    [bed('asleep'), told('asleep', 1)],
    [bed('awake-late'), told('awake', 9)],
    [bed('awake-long'), told('awake', 2)],
    [bed('not-yet-in-bed', null), told('out_of_bed', 0)],
    [bed('up'), told('out_of_bed', 5)],
    [bed('silent'), told('unknown', 5, false)],
    [bed('restless'), told('restless', 5)],
    [bed('calls', {}, [{}]), told('asleep', 9)],
  ];
  const list = by_need(
    all.map(([b]) => b),
    (b) => all.find(([x]) => x === b)![1],
  );
  expect(list.map((x) => x.bed.id)).toEqual([
    'calls',
    'silent',
    'up',
    'restless',
    'awake-long',
    'awake-late',
    'not-yet-in-bed',
    'asleep',
  ]);
});

test.each([1, 2, 4, 9, 16, 36, 64])('%i beds fill a wall of 1920 x 1080 without scrolling', (n) => {
  const { columns, tile_height, tile_width } = wall_of(n, 1600, 990);
  const rows = Math.ceil(n / columns);
  expect(rows * tile_height + (rows - 1) * 12).toBeLessThanOrEqual(990);
  expect(tile_width).toBeGreaterThanOrEqual(180);
  expect(columns).toBeLessThanOrEqual(n);
});

test('on a phone tiles stand one below the other', () => {
  expect(wall_of(16, 336, 600).columns).toBe(1);
});

test('places', () => {
  expect(place_of('/')).toEqual({ view: 'lab', bed: '' });
  expect(place_of('/lab/bed%201')).toEqual({ view: 'lab', bed: 'bed 1' });
  expect(place_of('/kiosk/bed-1/')).toEqual({ view: 'kiosk', bed: 'bed-1' });
  expect(place_of('/about')).toEqual({ view: 'about' });
  expect(place_of('/about/x').view).toBe('nowhere');
  expect(place_of('/lab/a/b').view).toBe('nowhere');
  expect(place_of('/lab/%E0%A4%A').view).toBe('nowhere');
});
