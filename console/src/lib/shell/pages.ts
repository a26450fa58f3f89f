import Bell from '@lucide/svelte/icons/bell-ring';
import DeadLetters from '@lucide/svelte/icons/mail-x';
import Flows from '@lucide/svelte/icons/arrow-right-left';
import Gauge from '@lucide/svelte/icons/gauge';
import Incidents from '@lucide/svelte/icons/siren';
import Objectives from '@lucide/svelte/icons/target';
import Kpis from '@lucide/svelte/icons/chart-column';
import Probes from '@lucide/svelte/icons/radar';
import Replays from '@lucide/svelte/icons/rotate-ccw';
import Server from '@lucide/svelte/icons/server';
import Settings from '@lucide/svelte/icons/settings';
import Topology from '@lucide/svelte/icons/waypoints';
import Transactions from '@lucide/svelte/icons/package-search';
import type { Routes } from '#lib/routes.ts';

/** Pages of the navigation, in the order of an incident: what, where, which, whose. */
export const pages = [
  { path: '/', label: 'Overview', icon: Gauge, href: (to: Routes) => to.overview() },
  { path: '/incidents', label: 'Incidents', icon: Incidents, href: (to: Routes) => to.incidents() },
  { path: '/alerts', label: 'Alerts', icon: Bell, href: (to: Routes) => to.alerts() },
  { path: '/topology', label: 'Topology', icon: Topology, href: (to: Routes) => to.topology() },
  { path: '/flows', label: 'Flows', icon: Flows, href: (to: Routes) => to.flows() },
  {
    path: '/transactions',
    label: 'Transactions',
    icon: Transactions,
    href: (to: Routes) => to.transactions(),
  },
  {
    path: '/dead-letters',
    label: 'Dead letters',
    icon: DeadLetters,
    href: (to: Routes) => to.deadLetters(),
  },
  { path: '/replays', label: 'Replays', icon: Replays, href: (to: Routes) => to.replays() },
  { path: '/objectives', label: 'Objectives', icon: Objectives, href: (to: Routes) => to.objectives() },
  { path: '/kpis', label: 'KPIs', icon: Kpis, href: (to: Routes) => to.kpis() },
  { path: '/probes', label: 'Probes', icon: Probes, href: (to: Routes) => to.probes() },
  { path: '/systems', label: 'Systems', icon: Server, href: (to: Routes) => to.systems() },
  { path: '/settings', label: 'Settings', icon: Settings, href: (to: Routes) => to.settings() },
] as const;

/** What the figure beside an entry counts. */
export const badgeTexts: Readonly<Record<string, string>> = {
  '/incidents': 'are open',
  '/alerts': 'are firing',
  '/dead-letters': 'wait for somebody',
  '/replays': 'wait for approval',
};

/** Entries of the bar on a phone; the others stand behind “More”. */
export const handyPaths: readonly string[] = [
  '/',
  '/incidents',
  '/transactions',
  '/dead-letters',
  '/replays',
];

/** The page of the navigation under which a path stands. A trace belongs to the transactions. */
export function isCurrent(path: string, pathname: string): boolean {
  if (path === '/') return pathname === '/';
  if (path === '/transactions' && pathname.startsWith('/traces/')) return true;
  return pathname === path || pathname.startsWith(`${path}/`);
}
