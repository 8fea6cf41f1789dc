/** How many tiles stand side by side, so that each keeps as much height for its traces as the wall allows. */
export interface Wall {
  columns: number;
  tile_height: number;
  tile_width: number;
}

const gap = 12;
const least_width = 300;
const dense_width = 176;
/** What a tile needs for its words and strip alone; below this the wall scrolls. */
export const least_height = 104;
const most_height = 1400;

export function wall_of(beds: number, width: number, height: number): Wall {
  if (beds === 0 || width <= 0) return { columns: 1, tile_height: least_height, tile_width: width };
  if (width < 700) return { columns: 1, tile_height: 340, tile_width: width };
  let best: Wall & { worth: number } = {
    columns: 1,
    tile_height: least_height,
    tile_width: width,
    worth: -1,
  };
  for (let columns = 1; columns <= Math.min(beds, 12); columns++) {
    const tile_width = (width - gap * (columns - 1)) / columns;
    const narrow = beds > 16 ? dense_width : least_width;
    if (tile_width < narrow && columns > 1) break;
    const rows = Math.ceil(beds / columns);
    const tile_height = (height - gap * (rows - 1)) / rows;
    // A tile three times as wide as high is as good as a square one twice as large.
    const worth = Math.min(tile_height, tile_width / 1.4) - (rows * columns - beds) * 4;
    if (worth > best.worth) best = { columns, tile_height, tile_width, worth };
  }
  return {
    columns: best.columns,
    tile_width: best.tile_width,
    tile_height: Math.min(most_height, Math.max(least_height, Math.floor(best.tile_height))),
  };
}
