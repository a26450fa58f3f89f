/** Roles of the API, weakest first; each may do what those before it may. */
export const roles = [
  { value: 'viewer', label: 'Viewer: looks' },
  { value: 'operator', label: 'Operator: repairs and replays' },
  { value: 'engineer', label: 'Engineer: changes rules' },
  { value: 'admin', label: 'Admin: people and tokens' },
] as const;
