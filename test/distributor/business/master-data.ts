import type { Random } from './random.ts';

export interface Product {
  readonly sku: string;
  readonly description: string;
  readonly unitPriceCents: number;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly city: string;
}

export const warehouses = ['DC1', 'DC2', 'DC3'] as const;
export const carriers = ['Northline Freight', 'Prairie Parcel', 'Lakeshore LTL', 'Redbird Express'] as const;

const families = [
  ['VLV', 'Ball valve'],
  ['FIT', 'Pipe fitting'],
  ['PMP', 'Circulator pump'],
  ['GSK', 'Gasket set'],
  ['CTL', 'Controller'],
  ['FLT', 'Filter element'],
] as const;
const sizes = [
  '1/2 in',
  '3/4 in',
  '1 in',
  '1-1/4 in',
  '1-1/2 in',
  '2 in',
  '2-1/2 in',
  '3 in',
  '4 in',
  '6 in',
] as const;
const firstNames = [
  'Harbor',
  'Summit',
  'Prairie',
  'Cedar',
  'Union',
  'Delta',
  'Granite',
  'Lakeside',
  'Metro',
  'Valley',
] as const;
const trades = [
  'Plumbing Supply',
  'Mechanical',
  'Heating & Air',
  'Contractors',
  'Industrial',
  'Pipe & Steel',
] as const;
const cities = [
  'Chicago, IL',
  'Madison, WI',
  'St. Louis, MO',
  'Omaha, NE',
  'Des Moines, IA',
  'Toledo, OH',
] as const;
/** What a product costs the distributor, and its class by what is tied up in it. */
export function valuationOf(sku: string): { readonly unitCostCents: number; readonly abc: 'A' | 'B' | 'C' } {
  const index = products.findIndex((product) => product.sku === sku);
  const unitCostCents = Math.round((products[index]?.unitPriceCents ?? 0) * 0.6);
  const size = index % sizes.length;
  return { unitCostCents, abc: size >= 7 ? 'A' : size >= 4 ? 'B' : 'C' };
}

export const customerCount = 480;

/** Every product of the distributor. */
export const products: readonly Product[] = families.flatMap(([prefix, name], family) =>
  sizes.map((size, index) => ({
    sku: `${prefix}-${1000 + family * 100 + index * 7}`,
    description: `${name} ${size}`,
    unitPriceCents: 450 + family * 2_310 + index * 689,
  })),
);

/** The customer of that number, 0 to `customerCount` - 1. */
export function customerOf(index: number): Customer {
  const first = firstNames[index % firstNames.length] ?? '';
  const trade = trades[Math.floor(index / firstNames.length) % trades.length] ?? '';
  return {
    id: `C-${10_000 + index * 37}`,
    name: `${first} ${trade}`,
    city: cities[index % cities.length] ?? '',
  };
}

/** A product; few products make most of the turnover. */
export function pickProduct(random: Random): Product {
  const index = Math.floor(products.length * random.next() ** 2.2);
  return products[index] ?? { sku: 'VLV-1000', description: 'Ball valve 1/2 in', unitPriceCents: 450 };
}

/** A customer; few customers make most of the orders. */
export function pickCustomer(random: Random): Customer {
  return customerOf(Math.floor(customerCount * random.next() ** 1.8));
}

/** Cents as a decimal text with two digits. */
export function money(cents: number): string {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.abs(Math.round(cents));
  return `${sign}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
}

/** Decimal text of two digits as cents. */
export function cents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

/** An amount of money or a rate as it stands in a body: decimal text, never a binary fraction. */
export const decimalPattern = /^-?\d+(\.\d{1,4})?$/;
