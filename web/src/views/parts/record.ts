/** What a night that is over is told with: loaded beside the page, for the wall and the kiosk do without. */
export { default as LastNight } from './LastNight.svelte';
export { default as Nights } from './Nights.svelte';
