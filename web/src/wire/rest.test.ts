import { afterEach, expect, test, vi } from 'vitest';
import { get_definitions, get_epochs } from './rest.ts';

const answer = (body: unknown) => vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body)));
afterEach(() => vi.unstubAllGlobals());

const epoch = {
  from: '2026-11-22T02:41:00.000Z',
  score: 'sleep',
  rescored: 'wake',
  state: 'asleep',
  counts: null,
  movement_kg: 0.1,
  load_kg: 70,
};

test('an epoch tells how sure its scores are, live and in hindsight', async () => {
  answer({ epochs: [{ ...epoch, scorer: 'a 1', rescorer: 'b 1', p_asleep: 0.8, rescored_p_asleep: 0.25 }] });
  const [told] = await get_epochs('bed-1', 0, 1);
  expect([told!.scorer, told!.rescorer]).toEqual(['a 1', 'b 1']);
  expect([told!.p_asleep, told!.rescored_p_asleep]).toEqual([0.8, 0.25]);
});

test('an epoch of a server that does not say how sure it is', async () => {
  answer({ epochs: [epoch] });
  const [told] = await get_epochs('bed-1', 0, 1);
  expect([told!.p_asleep, told!.rescored_p_asleep, told!.rescorer]).toEqual([null, null, null]);
});

test('a probability beyond one is not believed', async () => {
  answer({ epochs: [{ ...epoch, p_asleep: 1.5 }] });
  await expect(get_epochs('bed-1', 0, 1)).rejects.toThrow('epochs');
});

test('definitions come with the algorithm that they are of', async () => {
  const one = { key: 'tib_min', title: 'Time in bed', unit: 'min', definition: 'From in to out.' };
  answer({ algorithm: 'night', version: '2', caution: 'Mind.', definitions: [one] });
  const told = await get_definitions();
  expect(`${told.algorithm} ${told.version}`).toBe('night 2');
  expect(told.definitions).toEqual([one]);
});
