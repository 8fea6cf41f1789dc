/** One clock for all traces: a redraw about ten times a second, none while the page is hidden. */

type Draw = () => void;
const draws = new Set<Draw>();
let running = false;
let last = 0;

const reduced = matchMedia('(prefers-reduced-motion: reduce)');
/** Who asked for less motion gets a step every two seconds. */
const step_ms = () => (reduced.matches ? 2_000 : 95);

function frame(now: number): void {
  if (draws.size === 0) {
    running = false;
    return;
  }
  if (now - last >= step_ms()) {
    last = now;
    for (const draw of draws) draw();
  }
  requestAnimationFrame(frame);
}

/** Returns what ends it. */
export function every_frame(draw: Draw): () => void {
  draws.add(draw);
  if (!running) {
    running = true;
    requestAnimationFrame(frame);
  }
  return () => draws.delete(draw);
}
