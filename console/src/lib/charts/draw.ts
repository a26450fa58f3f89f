import {
  BarController,
  BarElement,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { chartConfig, type ChartInput } from './series.ts';

Chart.register(BarController, BarElement, LineController, LineElement, PointElement, LinearScale, Tooltip);

/** Draws on a canvas; gives back how to draw anew and how to clear away. Loaded on demand: it is the heavy part. */
export function draw(canvas: HTMLCanvasElement, first: ChartInput) {
  const config = (input: ChartInput) => {
    const style = getComputedStyle(canvas);
    Chart.defaults.font.family = style.fontFamily;
    Chart.defaults.font.size = 11;
    return chartConfig(input, (token) => resolveColour(canvas, token));
  };
  const chart = new Chart(canvas, config(first));
  return {
    update(input: ChartInput): void {
      const { data, options } = config(input);
      chart.data = data;
      if (options) chart.options = options;
      chart.update('none');
    },
    /** Instant under a horizontal position of the canvas. */
    instantAt: (x: number): number | undefined => chart.scales['x']?.getValueForPixel(x),
    area: () => chart.chartArea,
    destroy: () => chart.destroy(),
  };
}

/** A canvas knows no custom properties, so the browser works out what the token means in the present theme. */
function resolveColour(canvas: HTMLCanvasElement, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  canvas.parentElement?.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
