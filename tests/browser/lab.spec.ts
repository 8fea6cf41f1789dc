import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { held, launch, open, overflow } from './chromium.ts';
import { Daemon } from './daemon.ts';

let daemon: Daemon;
let browser: Browser;

beforeAll(async () => {
  daemon = new Daemon();
  [browser] = await Promise.all([launch(), daemon.start()]);
});
afterAll(async () => {
  await browser?.close();
  await daemon?.close();
});

const bed_tile = '[data-bed]';
const states = ['asleep', 'awake', 'restless', 'out_of_bed', 'unknown'];

async function canvas(page: Page, index: number): Promise<string> {
  return page
    .locator('canvas')
    .nth(index)
    .evaluate((c) => (c as HTMLCanvasElement).toDataURL());
}

/** Pixels with ink in the canvas. */
const inked = (page: Page, index: number): Promise<number> =>
  page
    .locator('canvas')
    .nth(index)
    .evaluate((c) => {
      const canvas = c as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) n++;
      return n;
    });

test('both beds are there, live and SIMULATED, their state in words of at least 28 px', async () => {
  const { page, context, complaints } = await open(browser, daemon.url, {
    theme: 'day',
    width: 1920,
    height: 1080,
  });
  await page.locator('[data-freshness=live]').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-bed]').length === 2);
  expect(await page.locator(`${bed_tile} [aria-label=SIMULATED]`).count()).toBe(2);
  for (const tile of await page.locator(bed_tile).all()) {
    expect(states).toContain(await tile.getAttribute('data-state'));
    const size = await tile.locator('.word').evaluate((e) => Number.parseFloat(getComputedStyle(e).fontSize));
    expect(size).toBeGreaterThanOrEqual(28);
    expect(await tile.locator('.word').innerText()).not.toBe('');
  }
  expect(await overflow(page)).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
});

test('the traces of both beds move, and the values are fresh', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab`, { width: 1920, height: 1080 });
  await page.waitForFunction(() => document.querySelectorAll('canvas').length === 4);
  const known = await page.locator(`${bed_tile}:not([data-state=unknown])`).count();
  expect(known).toBe(2);
  await page.waitForTimeout(1500);
  const before = await Promise.all([0, 1, 2, 3].map((i) => canvas(page, i)));
  await page.waitForTimeout(1500);
  const after = await Promise.all([0, 1, 2, 3].map((i) => canvas(page, i)));
  for (let i = 0; i < 4; i++) {
    expect(after[i], `canvas ${i} stands still`).not.toBe(before[i]);
    expect(await inked(page, i), `canvas ${i} is empty`).toBeGreaterThan(10);
  }
  expect(await page.locator(`${bed_tile} s`).count()).toBe(0);
  await context.close();
});

test('a change of theme paints the traces again in its ink', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab`, {
    theme: 'day',
    width: 1280,
    height: 900,
  });
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(2500);
  await page.getByLabel('Theme').selectOption('red');
  await page.waitForTimeout(150);
  const colours = await page
    .locator('canvas')
    .first()
    .evaluate((c) => {
      const canvas = c as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let red = 0;
      let other = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3]! < 200) continue;
        if (data[i]! > 2 * data[i + 1]! && data[i]! > 2 * data[i + 2]!) red++;
        else other++;
      }
      return { red, other };
    });
  expect(colours.red).toBeGreaterThan(5);
  expect(colours.other).toBe(0);
  await context.close();
});

test('with less motion the trace is drawn in steps', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab`, { reduced: true });
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(2500);
  const pictures = new Set<string>();
  for (let i = 0; i < 10; i++) {
    pictures.add(await canvas(page, 0));
    await page.waitForTimeout(200);
  }
  expect(pictures.size).toBeLessThanOrEqual(3);
  await context.close();
});

test('the page holds the log without a gap, and the same as the API tells', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab`);
  await page.waitForFunction(() => (window.__vigil?.seqs().length ?? 0) > 0);
  await page.waitForTimeout(500);
  const seqs = await held(page);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => seqs[0]! + i));
  const log = (await daemon.events()).map((e) => e.seq);
  expect(log).toEqual(expect.arrayContaining(seqs));
  await context.close();
});

test('the night strip shows the night so far and reads out a moment by arrow keys', async () => {
  const { page, context } = await open(browser, `${daemon.url}/lab`);
  await page.locator(bed_tile).first().getByRole('link').focus();
  await page.keyboard.press('Enter');
  const strip = page.getByRole('slider', { name: /^Night of/ });
  await strip.focus();
  await page.keyboard.press('Home');
  const first = await strip.getAttribute('aria-valuetext');
  expect(first).toMatch(
    /^\d\d:\d\d: (asleep|restless|awake in bed|out of bed|unknown), \d\d:\d\d to (now|\d\d:\d\d) \(/,
  );
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  const later = await strip.getAttribute('aria-valuetext');
  expect(later).not.toBe(first);
  expect(await page.locator('.said').innerText()).toBe(later);
  const covered = await page
    .locator('.readable svg path.asleep, .readable svg path.awake')
    .evaluateAll((paths) => paths.map((p) => p.getAttribute('d') ?? '').join(''));
  expect(covered).not.toBe('');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForURL('**/lab');
  await context.close();
});

test('the detail tells sensors, nights and the trend; uPlot comes only now', async () => {
  const { page, context, complaints } = await open(browser, `${daemon.url}/lab`);
  const loaded: string[] = [];
  page.on('request', (r) => loaded.push(r.url()));
  await page.locator(bed_tile).first().click();
  await page.locator('.chart canvas').waitFor();
  expect(loaded.some((u) => /trend-.*\.js/.test(u))).toBe(true);
  expect(
    await page
      .getByText(/samples/)
      .first()
      .innerText(),
  ).toMatch(/\d samples/);
  await page
    .getByText(/Awakenings are movement awakenings|No night yet/)
    .first()
    .waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('a simulated sleeper’s state is said with how sure it is and why', async () => {
  const fast = new Daemon({ time_scale: 60 });
  await fast.start();
  const { page, context, complaints } = await open(browser, `${fast.url}/lab`, { width: 1920, height: 1080 });
  try {
    const sure = page.locator('[data-bed] [data-sure]:not([data-sure=unknown])').first();
    await sure.waitFor({ timeout: 40_000 });
    expect(await sure.innerText()).toMatch(/(surely|probably) (asleep|awake)|can’t tell for sure/);
    const { beds } = await fast.get<{ beds: { reading: { p_asleep: number | null; why: string } }[] }>(
      '/api/v1/beds',
    );
    const p = beds.flatMap((b) => (b.reading.p_asleep === null ? [] : [b.reading.p_asleep]));
    expect(p.length).toBeGreaterThan(0);
    for (const one of p) expect(one >= 0 && one <= 1).toBe(true);
    await page.locator('[data-bed] .reason').first().waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
    await fast.close();
  }
});

test('what was learned of a person is forgotten in the log', async () => {
  const { page, context, complaints } = await open(browser, `${daemon.url}/lab/bed-1`);
  await page.getByRole('button', { name: /Somebody else sleeps here now/ }).click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.getByText(/Forgotten: in the log, number \d+/).waitFor();
  await page.getByText(/Nothing yet: it was forgotten at/).waitFor();
  expect((await daemon.events()).filter((e) => e.kind === 'baseline.reset').map((e) => e.bed)).toEqual([
    'bed-1',
  ]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('what was measured in this lab is printed under the nights as soon as it is stored, and no more when withdrawn', async () => {
  const { page, context, complaints } = await open(browser, `${daemon.url}/lab/bed-1`);
  const store = async (id: string, lab: string) => {
    const counts = ['nights', 'people', 'epochs'].map((name) => [name, 3]);
    const awakenings = ['true', 'found', 'invented'].flatMap((of) => [
      [`awakenings_${of}_1min`, 0],
      [`awakenings_${of}_5min`, 0],
    ]);
    const data = { lab, sensitivity: 0.931, ...Object.fromEntries([...counts, ...awakenings]) };
    const response = await fetch(`${daemon.url}/api/v1/validation`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, data }),
    });
    expect(response.status, await response.text()).toBe(201);
  };
  await page
    .getByText(/Awakenings are movement awakenings/)
    .first()
    .waitFor();
  expect(await page.locator('[data-validation]').count()).toBe(0);
  await store('validation-of-lab-2', 'Lab 2');
  await page
    .getByText(/^In this lab \(Lab 2, 3 nights of 3 people.*\): sensitivity for sleep \.93\.$/)
    .first()
    .waitFor();
  await store('validation-withdrawn', '');
  await page.locator('[data-validation]').first().waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await context.close();
});

test('events are shown while they happen, and a state is said to a screen reader once', async () => {
  const fast = new Daemon({ time_scale: 60 });
  await fast.start();
  const { page, context, complaints } = await open(browser, `${fast.url}/lab`);
  try {
    await page.getByText('60 × as fast').waitFor();
    await page.waitForFunction(() => (window.__vigil?.seqs().length ?? 0) > 0);
    const before = (await held(page)).length;
    await page.waitForFunction((n) => (window.__vigil?.seqs().length ?? 0) >= n + 3, before, {
      timeout: 40_000,
    });
    const newest = (await held(page)).at(-1)!;
    expect(await page.evaluate(() => [window.__vigil?.duplicates(), window.__vigil?.holes()])).toEqual([
      0, 0,
    ]);
    const log = await fast.events();
    expect(log.map((e) => e.seq)).toContain(newest);
    const said = await page.locator('[data-bed] [aria-live=polite]').first().innerText();
    expect(said).toMatch(/: (Asleep|Restless|Awake in bed|Out of bed|Unknown)$/);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
    await fast.close();
  }
});
