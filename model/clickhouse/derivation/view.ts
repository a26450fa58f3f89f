/** One materialized view: what it reads at each insert, and where it writes. */
export interface View {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly query: string;
}
