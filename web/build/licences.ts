import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** What the built page carries of others' work. A package that is bundled and not named here fails the build. */
const carried = ['svelte', 'uplot', 'valibot', 'idb', '@fontsource-variable/atkinson-hyperlegible-next'];
/** Parts of the above that are published as packages of their own, under the same or as free a licence. */
const within = ['esm-env', 'clsx', 'devalue', 'vite'];

function text_of(package_name: string, root: string): string {
  const folder = join(root, 'node_modules', package_name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    license: string;
  };
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${package_name} ${version} (${license})\n\n${text}\n`;
}

/** Writes `licences.txt`, which the About page links. */
export function licences(): Plugin {
  let root = process.cwd();
  return {
    name: 'vigil-licences',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    generateBundle(_, bundle) {
      const used = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of Object.keys(chunk.modules)) {
          const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1];
          if (name) used.add(name);
        }
      }
      const unnamed = [...used].filter((name) => !carried.includes(name) && !within.includes(name));
      if (unnamed.length > 0) this.error(`licences.ts does not name: ${unnamed.join(', ')}`);
      const parts = carried.concat(
        within.filter((name) => used.has(name) && existsSync(join(root, 'node_modules', name))),
      );
      const rule = `\n${'-'.repeat(78)}\n\n`;
      this.emitFile({
        type: 'asset',
        fileName: 'licences.txt',
        source: `This page carries the following works of others.\n${rule}${parts.map((p) => text_of(p, root)).join(rule)}`,
      });
    },
  };
}
