import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals }) => ({
  theme: locals.theme,
  zone: locals.zone,
  navOpen: locals.navOpen,
  nowMs: Date.now(),
});
