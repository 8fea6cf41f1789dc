import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export async function launch(): Promise<Browser> {
  const executablePath = places.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install it, or set CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export type Theme = 'auto' | 'day' | 'dark' | 'red' | 'amber';

export interface Opened {
  context: BrowserContext;
  page: Page;
  /** Errors of the page and breaches of its policy. What the network lacks while the daemon is down is not one. */
  complaints: string[];
}

export async function open(
  browser: Browser,
  url: string,
  {
    theme = 'auto' as Theme,
    width = 1280,
    height = 900,
    reduced = false,
    /** Before anything is asked for. */
    before = undefined as ((page: Page) => Promise<void>) | undefined,
  } = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    reducedMotion: reduced ? 'reduce' : 'no-preference',
  });
  await context.addInitScript((chosen) => {
    if (!localStorage.getItem('vigil.theme')) localStorage.setItem('vigil.theme', chosen);
  }, theme);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const unreachable =
      /ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED/;
    if (message.type() === 'error' && !unreachable.test(message.text())) complaints.push(message.text());
  });
  await before?.(page);
  await page.goto(url);
  return { context, page, complaints };
}

/** What the page holds of the log. */
export const held = (page: Page): Promise<number[]> => page.evaluate(() => window.__vigil?.seqs() ?? []);

export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

declare global {
  interface Window {
    __vigil?: { seqs: () => number[]; through: () => number; duplicates: () => number; holes: () => number };
  }
}
