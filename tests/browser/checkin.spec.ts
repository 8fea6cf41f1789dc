import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { held, launch, open } from './chromium.ts';
import { Daemon } from './daemon.ts';

let daemon: Daemon;
let browser: Browser;
let bed: string;

beforeAll(async () => {
  daemon = new Daemon();
  [browser] = await Promise.all([launch(), daemon.start()]);
});
afterAll(async () => {
  await browser?.close();
  await daemon?.close();
});
beforeEach(async () => {
  if (!(await answers())) await daemon.start();
  bed = (await daemon.get<{ beds: { bed: string }[] }>('/api/v1/beds')).beds[0]!.bed;
});

const answers = () =>
  fetch(`${daemon.url}/api/v1/health`).then(
    (r) => r.ok,
    () => false,
  );
const checkins = async () =>
  (await daemon.events()).filter((e) => e.kind === 'pain.checkin' && e.bed === bed);
const phase = (page: Page, name: string) => page.locator(`[data-phase=${name}]`).waitFor({ timeout: 20_000 });
const contiguous = (seqs: number[]) => Array.from({ length: seqs.length }, (_, i) => (seqs[0] ?? 0) + i);

/** Opens the kiosk's pad and taps a score. */
async function tap(page: Page, score: number): Promise<void> {
  await page.locator('[data-stage=ring] button').click();
  await page
    .locator('.pad button', { hasText: new RegExp(`^${score}`) })
    .first()
    .click();
}

test('one tap: the log has it when the page says so', async () => {
  const before = (await checkins()).length;
  const { page, context, complaints } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  const posted = page.waitForResponse((r) => r.request().postData()?.includes('pain.checkin') ?? false);
  await tap(page, 7);
  expect((await posted).status()).toBe(201);
  await phase(page, 'noted');
  expect(await page.locator('[data-phase=noted]').innerText()).toContain('Rest well.');
  const after = await checkins();
  expect(after.length).toBe(before + 1);
  expect(after.at(-1)!.data.score).toBe(7);
  // That a hand touched the screen stands there too: a sign of wake, whatever came of it.
  const touches = async () => (await daemon.events()).filter((e) => e.kind === 'kiosk.touched');
  await expect.poll(async () => (await touches()).map((e) => e.bed)).toEqual([bed]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('an entry that the page confirmed outlives kill -9; the page resumes without gap, duplicate or reload', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab/${bed}`);
  await page.locator('[data-freshness=live]').waitFor();
  await page.waitForFunction(() => (window.__vigil?.seqs().length ?? 0) > 0);
  await page.evaluate(() => {
    (window as unknown as { untouched: boolean }).untouched = true;
  });
  await page.locator('.pad button').nth(9).click();
  await phase(page, 'noted');
  await daemon.end('SIGKILL');
  const seq = Number(/number (\d+)/.exec(await page.locator('[data-phase=noted]').innerText())?.[1]);

  // While it is down the page says so, and nothing looks live.
  await page.locator('[data-freshness=lost]').first().waitFor();
  await page.getByText(/Connection lost \d+ s ago/).waitFor();
  expect(await page.locator('[data-state]:not([data-state=unknown])').count()).toBe(0);

  await daemon.start();
  await page.locator('[data-freshness=live]').waitFor({ timeout: 30_000 });
  const log = await daemon.events();
  const entry = log.filter((e) => e.kind === 'pain.checkin' && e.data.score === 9);
  expect(entry.map((e) => e.seq)).toEqual([seq]);
  await page.waitForFunction((n) => (window.__vigil?.seqs().at(-1) ?? 0) >= n, log.at(-1)!.seq);
  const seqs = await held(page);
  expect(seqs).toEqual(contiguous(seqs));
  expect(log.map((e) => e.seq)).toEqual(expect.arrayContaining(seqs.filter((s) => s <= log.at(-1)!.seq)));
  expect(await page.evaluate(() => window.__vigil?.holes())).toBe(0);
  expect(await page.evaluate(() => (window as unknown as { untouched?: boolean }).untouched)).toBe(true);
  await context.close();
});

test('a check-in made while Vigil is down is kept here and said so, and sent once when it is back', async () => {
  const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  await page.waitForFunction(() => document.querySelector('[data-stage=ring]') !== null);
  await page.waitForFunction(() => (window.__vigil?.seqs().length ?? 0) > 0);
  await daemon.end('SIGKILL');
  await page.getByText('Vigil is not heard').waitFor({ timeout: 20_000 });
  await tap(page, 4);
  await phase(page, 'kept');
  expect(await page.locator('[data-phase=kept]').innerText()).toContain('Kept on this device');
  await daemon.start();
  await phase(page, 'noted').catch(() => undefined);
  await page.waitForFunction(() => !document.body.innerText.includes('will be sent'), undefined, {
    timeout: 30_000,
  });
  const fours = (await checkins()).filter((e) => e.data.score === 4);
  expect(fours).toHaveLength(1);
  await context.close();
});

test('an entry kept on the device outlives the page', async () => {
  const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  await page.waitForFunction(() => (window.__vigil?.seqs().length ?? 0) > 0);
  await page.route('**/entries', (route) => route.abort());
  await tap(page, 3);
  await phase(page, 'kept');
  await page.close();
  expect((await checkins()).filter((e) => e.data.score === 3)).toHaveLength(0);
  const later = await context.newPage();
  await later.goto(`${daemon.url}/home`);
  await expect
    .poll(async () => (await checkins()).filter((e) => e.data.score === 3).length, { timeout: 20_000 })
    .toBe(1);
  await context.close();
});

test('undo withdraws it in the log; it stays there as history', async () => {
  const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  await tap(page, 10);
  await phase(page, 'noted');
  await page.getByRole('button', { name: 'Undo' }).click();
  await phase(page, 'taken_back');
  await expect
    .poll(async () => {
      const log = await daemon.events();
      const ten = log.find((e) => e.kind === 'pain.checkin' && e.data.score === 10);
      return log.some(
        (e) => e.kind === 'entry.corrected' && e.data.corrects === ten?.seq && e.data.withdrawn === true,
      );
    })
    .toBe(true);
  await context.close();
});

test('say more: the fuller entry takes the place of the short one', async () => {
  const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  await tap(page, 6);
  await phase(page, 'noted');
  await page.getByRole('button', { name: 'Say more' }).click();
  await page.getByRole('button', { name: 'lower back' }).click();
  await page.getByRole('button', { name: 'burning' }).click();
  await page.getByRole('button', { name: 'Save this too' }).click();
  await phase(page, 'noted');
  await expect
    .poll(async () => {
      const log = await daemon.events();
      const sixes = log.filter((e) => e.kind === 'pain.checkin' && e.data.score === 6);
      const taken_back = log.filter((e) => e.kind === 'entry.corrected').map((e) => e.data.corrects);
      return sixes.filter((e) => !taken_back.includes(e.seq)).map((e) => [e.data.regions, e.data.qualities]);
    })
    .toEqual([[['lower back'], ['burning']]]);
  await context.close();
});

test('by keyboard alone: from the wall to a check-in of ten', async () => {
  const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`);
  await page.locator('[data-stage=ring]').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('[data-stage=pad]').waitFor();
  await page.keyboard.press('1');
  await page.keyboard.press('0');
  const focused = page.locator('.pad button:focus');
  expect(await focused.getAttribute('aria-label')).toBe('10, worst pain imaginable');
  expect(await focused.evaluate((e) => getComputedStyle(e).outlineStyle)).toBe('solid');
  await page.keyboard.press('Enter');
  await phase(page, 'noted');
  await context.close();
});

test('the kiosk’s keys are as large as hands at night need', async () => {
  for (const [width, height, least] of [
    [360, 740, 96],
    [1024, 768, 96],
    [360, 560, 64],
    [320, 480, 64],
  ] as const) {
    const { page, context } = await open(browser, `${daemon.url}/kiosk/${bed}`, { width, height });
    await page.locator('[data-stage=ring] button').click();
    const boxes = await page.locator('.pad button').evaluateAll((keys) =>
      keys.map((k) => {
        const { left, top, right, bottom } = k.getBoundingClientRect();
        return { left, top, right, bottom };
      }),
    );
    expect(boxes).toHaveLength(11);
    for (const [i, a] of boxes.entries()) {
      expect(Math.min(a.right - a.left, a.bottom - a.top), `${width}x${height}`).toBeGreaterThanOrEqual(
        least,
      );
      for (const b of boxes.slice(i + 1)) {
        const apart = Math.max(b.left - a.right, a.left - b.right, b.top - a.bottom, a.top - b.bottom);
        expect(apart, `${width}x${height}`).toBeGreaterThanOrEqual(8);
      }
    }
    expect(await page.locator('time').count()).toBe(0);
    await context.close();
  }
});
