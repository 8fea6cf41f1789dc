import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** The slow picture of a night: one value per 30-s epoch. Loaded only when somebody opens it. */
export interface TrendColours {
  line: string;
  quiet: string;
  grid: string;
}

export interface Series {
  /** Unix seconds. */
  times: number[];
  /** Null: unknown; the line breaks there. */
  values: (number | null)[];
  name: string;
  unit: string;
}

export function draw_trend(
  target: HTMLElement,
  series: Series,
  colours: TrendColours,
  size: { width: number; height: number },
  clock: (ms: number) => string,
): { destroy: () => void; resize: (width: number) => void; set: (series: Series) => void } {
  const axis = {
    stroke: colours.quiet,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    font: '13px "Atkinson Hyperlegible Next", sans-serif',
  };
  const plot = new uPlot(
    {
      ...size,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (_, __, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        { ...axis, values: (_, at) => at.map((t) => clock(t * 1000)), space: 80, size: 28 },
        { ...axis, size: 52, space: 32 },
      ],
      series: [
        {},
        {
          stroke: colours.line,
          width: 1.25,
          spanGaps: false,
          points: { show: false },
          fill: `${colours.line}22`,
        },
      ],
    },
    [series.times, series.values],
    target,
  );
  return {
    destroy: () => plot.destroy(),
    resize: (width) => plot.setSize({ width, height: size.height }),
    set: (next) => plot.setData([next.times, next.values]),
  };
}
