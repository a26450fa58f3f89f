import { z } from 'zod';
import { Name, TimeZone } from './name.ts';

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "write a time of day of 24 hours in quotes, such as '08:30'");
const closingTime = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "write a time of day of 24 hours in quotes, such as '17:00'");
const date = z.iso.date('write a date such as 2026-12-24');

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const Weekday = z.enum(weekdays);
export type Weekday = z.infer<typeof Weekday>;

/** One opening of a day. A close that is not after the open is on the next day. */
export const Opening = z.strictObject({ open: time, close: closingTime });
export type Opening = z.infer<typeof Opening>;

/** When a business works: opening hours, holidays and cut-offs, all in one time zone. */
export const Calendar = z.strictObject({
  timeZone: TimeZone,
  hours: z
    .array(z.strictObject({ days: z.array(Weekday).min(1).max(7), ...Opening.shape }))
    .min(1)
    .max(50),
  holidays: z
    .strictObject({
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'write two capital letters (ISO 3166), such as US')
        .optional()
        .describe('Its public holidays, from the library date-holidays'),
      state: z.string().min(1).max(10).optional(),
      region: z.string().min(1).max(10).optional(),
      dates: z
        .array(z.strictObject({ date, name: z.string().min(1).max(120), hours: Opening.optional() }))
        .max(1000)
        .default([])
        .describe('Days of your own: closed, or open at other hours'),
      except: z.array(date).max(1000).default([]).describe('Dates that are worked although a holiday'),
    })
    .prefault({}),
  cutOffs: z
    .array(z.strictObject({ name: Name, time }))
    .max(50)
    .default([])
    .describe('What comes after the time counts to the next business day'),
});
export type Calendar = z.infer<typeof Calendar>;

/** A calendar of the catalog. */
export interface NamedCalendar extends Calendar {
  readonly name: string;
  readonly title: string;
}

/** Minutes since midnight of a time of day such as `08:30`. */
export function minuteOfDay(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}
