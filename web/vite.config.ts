import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { licences } from './build/licences.ts';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// `npm run dev` passes the API on to a running daemon; its Host and Origin rules see their own address.
const daemon = process.env.VIGIL_ADDRESS ?? 'http://127.0.0.1:8580';

export default defineConfig({
  plugins: [svelte(), licences(), compress()],
  define: { __PAGE_VERSION__: JSON.stringify(version) },
  build: {
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 200,
  },
  server: {
    proxy: { '/api': { target: daemon, changeOrigin: true, ws: true, headers: { origin: daemon } } },
  },
});
