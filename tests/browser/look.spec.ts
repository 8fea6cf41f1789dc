import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, open, overflow, type Theme } from './chromium.ts';
import { Daemon, repository } from './daemon.ts';

let daemon: Daemon;
let browser: Browser;
let bed: string;
const pictures = join(repository, 'build', 'screenshots');

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  daemon = new Daemon();
  [browser] = await Promise.all([launch(), daemon.start()]);
  bed = (await daemon.get<{ beds: { bed: string }[] }>('/api/v1/beds')).beds[0]!.bed;
});
afterAll(async () => {
  await browser?.close();
  await daemon?.close();
});

const themes: Theme[] = ['day', 'dark', 'red', 'amber'];
const views = (): [string, string][] => [
  ['lab', '/lab'],
  ['bed', `/lab/${bed}`],
  ['home', `/home/${bed}`],
  ['kiosk', `/kiosk/${bed}`],
  ['devices', '/devices'],
  ['about', '/about'],
];

const caught_up = (page: Page) => page.waitForFunction(() => (window.__vigil?.through() ?? 0) > 0);

async function wear(page: Page, theme: Theme): Promise<void> {
  await page.evaluate((chosen) => localStorage.setItem('vigil.theme', chosen), theme);
  await page.reload();
  await caught_up(page);
}

test.each(['lab', 'bed', 'home', 'kiosk', 'devices', 'about'])(
  '%s breaks no rule of accessibility in any theme',
  async (name) => {
    const path = views().find(([view]) => view === name)![1];
    const { page, context, complaints } = await open(browser, daemon.url + path, {
      theme: 'day',
      width: 1280,
      height: 900,
    });
    for (const theme of themes) {
      await wear(page, theme);
      if (name === 'kiosk') await page.locator('[data-stage=ring] button').click();
      if (name === 'home') await page.getByRole('button', { name: 'Pain check-in' }).click();
      if (name === 'bed') await page.locator('.chart canvas').waitFor();
      const axe = new AxeBuilder({ page });
      // What is not colour is the same in each theme.
      const { violations } = await (theme === 'day' ? axe : axe.withRules(['color-contrast'])).analyze();
      const serious = violations
        .filter((v) => v.impact === 'serious' || v.impact === 'critical')
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      expect(serious, `${name} in ${theme}`).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test('from 320 to 1920 px nothing is wider than the screen', async () => {
  for (const [name, path] of views()) {
    const { page, context } = await open(browser, daemon.url + path, {
      theme: 'day',
      width: 360,
      height: 780,
    });
    await caught_up(page);
    for (const width of [320, 360, 412, 768, 1000, 1280, 1920]) {
      await page.setViewportSize({ width, height: 780 });
      await page.waitForTimeout(50);
      expect(await overflow(page), `${name} at ${width}`).toBe(0);
      const cut = await page
        .locator('.readable, .strip')
        .evaluateAll(
          (strips) =>
            strips.filter((s) => s.getBoundingClientRect().right > document.documentElement.clientWidth)
              .length,
        );
      expect(cut, `strips cut off: ${name} at ${width}`).toBe(0);
    }
    await context.close();
  }
});

/** Share of pixels of a PNG (8 bits, RGB or RGBA, as Chromium writes them) that are brighter than a third. */
function bright(png: Buffer): number {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  let before = Buffer.alloc(stride);
  let n = 0;
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    const line = Buffer.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x++) {
      const a = x >= channels ? line[x - channels]! : 0;
      const b = before[x]!;
      const c = x >= channels ? before[x - channels]! : 0;
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const add = [0, a, b, (a + b) >> 1, paeth][filter]!;
      line[x] = (line[x]! + add) & 255;
    }
    for (let x = 0; x < stride; x += channels) {
      if (0.3 * line[x]! + 0.6 * line[x + 1]! + 0.1 * line[x + 2]! > 85) n++;
    }
    before = line;
  }
  return n / (width * height);
}

test.each(['red', 'amber', 'dark'] as Theme[])('%s: no white flash while the page loads', async (theme) => {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  await context.addInitScript((chosen) => localStorage.setItem('vigil.theme', chosen), theme);
  const page = await context.newPage();
  // Style and script are held back: what is seen is what the first bytes alone say.
  let release: () => void = () => undefined;
  const held_back = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/assets/**', async (route) => {
    await held_back;
    await route.continue();
  });
  const screen = await context.newCDPSession(page);
  const look = async () => {
    const { data } = await screen.send('Page.captureScreenshot', { format: 'png' });
    return bright(Buffer.from(data, 'base64'));
  };
  await page.goto(`${daemon.url}/lab`, { waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.dataset.theme !== undefined);
  const early = await Promise.race([look(), page.waitForTimeout(2_000).then(() => 'nothing painted yet')]);
  expect([0, 'nothing painted yet']).toContain(early);
  release();
  await page.locator('[data-bed]').first().waitFor();
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(ground).toBe(theme === 'dark' ? 'rgb(14, 17, 22)' : 'rgb(0, 0, 0)');
  await context.close();
});

test('a kiosk is black even where the device prefers light and nothing was chosen', async () => {
  const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  await page.goto(`${daemon.url}/kiosk/${bed}`);
  await page.locator('[data-stage=ring]').waitFor();
  const picture = await page.screenshot();
  expect(bright(picture)).toBeLessThan(0.01);
  await page.goto(`${daemon.url}/lab`);
  await page.locator('[data-bed]').first().waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('day');
  await context.close();
});

test('night themes are of one hue', async () => {
  for (const theme of ['red', 'amber'] as const) {
    const { page, context } = await open(browser, `${daemon.url}/lab`, { theme });
    await page.locator('[data-bed]').first().waitFor();
    const blue = await page.evaluate(() => {
      const found: string[] = [];
      for (const e of document.querySelectorAll('html, body, body *')) {
        const style = getComputedStyle(e);
        for (const name of ['color', 'backgroundColor', 'borderTopColor', 'fill', 'stroke'] as const) {
          const [r, g, b, alpha = 1] = (style[name].match(/[\d.]+/g) ?? []).map(Number);
          if (r === undefined || g === undefined || b === undefined || alpha === 0) continue;
          if (style[name].startsWith('rgb') && b > 0 && b >= r)
            found.push(`${e.tagName} ${name} ${style[name]}`);
        }
      }
      return found;
    });
    expect(blue, theme).toEqual([]);
    await context.close();
  }
});

test('pictures of the views', async () => {
  for (const [name, path] of views().filter(([view]) => view !== 'about')) {
    const { page, context } = await open(browser, daemon.url + path, {
      theme: 'day',
      width: 1920,
      height: 1080,
    });
    for (const theme of ['day', 'dark', 'red'] as const) {
      await wear(page, theme);
      if (name === 'kiosk') await page.locator('[data-stage=ring] button').click();
      if (name === 'lab') await page.waitForTimeout(1500);
      for (const [width, height] of [
        [1920, 1080],
        [360, 780],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(200);
        await page.screenshot({ path: join(pictures, `${name}-${theme}-${width}.png`) });
      }
    }
    await context.close();
  }
  if (process.env.VIGIL_UPDATE_SCREENSHOT === '1') {
    const { page, context } = await open(browser, `${daemon.url}/lab`, {
      theme: 'dark',
      width: 1440,
      height: 760,
    });
    await page.waitForTimeout(58_000);
    await page.screenshot({ path: join(repository, 'web', 'dashboard.png') });
    await context.close();
  }
}, 180_000);
