import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const limit = 120_000;
const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-page-'));
  await build({ root, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.\w+$/.test(name)) files.set(name, readFileSync(join(folder, name)));
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = (pattern: RegExp) => [...files.keys()].filter((name) => pattern.test(name));

test('the first load is under 120 kB: page, script, style and typeface', () => {
  const html = files.get('index.html')!.toString();
  const named = names(/\.(js|css)$/).filter((name) => html.includes(name));
  const first = ['index.html', ...named, ...names(/\.woff2$/)];
  expect(named.length).toBeGreaterThanOrEqual(2);
  const bytes = first.reduce(
    (sum, name) =>
      sum +
      (name.endsWith('.woff2') ? files.get(name)!.length : gzipSync(files.get(name)!, { level: 9 }).length),
    0,
  );
  expect(bytes).toBeLessThan(limit);
});

test('uPlot is not in it', () => {
  const trend = names(/trend-.*\.js$/);
  expect(trend).toHaveLength(1);
  expect(files.get('index.html')!.toString()).not.toContain(trend[0]);
});

test('a strict policy holds: no handler or style attribute, nothing from elsewhere', () => {
  const html = files.get('index.html')!.toString();
  expect(html).not.toMatch(/\sstyle=|\son\w+=/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  for (const name of names(/\.css$/)) {
    expect(files.get(name)!.toString()).not.toMatch(/url\((?:"|')?(?:https?:)?\/\//);
  }
});

test('black comes before anything that is fetched', () => {
  const html = files.get('index.html')!.toString();
  expect(html.indexOf('background:')).toBeGreaterThan(0);
  expect(html.indexOf('background:')).toBeLessThan(
    html.search(/<link rel="stylesheet"|<script type="module"/),
  );
  expect(Buffer.byteLength(html.slice(0, html.indexOf('</style>')))).toBeLessThan(1400);
});

test('each text asset has its .gz beside it, and licences are told', () => {
  for (const name of names(/\.(js|css|html)$/)) expect([...files.keys()]).toContain(`${name}.gz`);
  const licences = files.get('licences.txt')!.toString();
  for (const word of ['SIL OPEN FONT LICENSE', 'svelte', 'uplot', 'valibot', 'idb'])
    expect(licences).toContain(word);
});
