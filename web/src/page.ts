import { Vigil } from './live/vigil.svelte.ts';

/** The one store of this page. */
export const vigil = new Vigil();

declare global {
  interface Window {
    /** What the page holds of the log, to be looked at from outside: by tests, or by a person in the console. */
    __vigil?: { seqs: () => number[]; through: () => number; duplicates: () => number; holes: () => number };
  }
  const __PAGE_VERSION__: string;
}

window.__vigil = {
  seqs: () =>
    [...vigil.house, ...vigil.beds.flatMap((b) => b.events)]
      .map((e) => e.seq)
      .filter((seq) => seq > 0)
      .sort((a, b) => a - b),
  through: () => vigil.sequence.through,
  duplicates: () => vigil.sequence.duplicates,
  holes: () => vigil.sequence.holes,
};

addEventListener('online', () => vigil.nudge());
addEventListener('pageshow', () => vigil.nudge());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') vigil.nudge();
});

export const page_version = __PAGE_VERSION__;
