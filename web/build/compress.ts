import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const worth_it = /\.(?:js|css|html|svg|txt|webmanifest|json)$/;

function files_below(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files_below(path) : [path];
  });
}

/** Lays a `.gz` beside each text asset, so that the daemon need not compress while it watches a bed. */
export function compress(): Plugin {
  let folder = 'dist';
  return {
    name: 'vigil-compress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const path of files_below(folder).filter((p) => worth_it.test(p))) {
        const packed = gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION });
        writeFileSync(`${path}.gz`, packed);
      }
    },
  };
}
