import type { Attachment } from 'svelte/attachments';

/** Makes a `<details>` behave as a menu: it closes on Escape, on a press elsewhere and when something in it is chosen. */
export const dropdown: Attachment<HTMLDetailsElement> = (details) => {
  const outside = (event: Event) => {
    if (details.open && event.target instanceof Node && !details.contains(event.target)) details.open = false;
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !details.open) return;
    details.open = false;
    details.querySelector('summary')?.focus();
  };
  const chosen = (event: Event) => {
    if (event.target instanceof Element && event.target.closest('a, [data-closes]')) details.open = false;
  };
  document.addEventListener('pointerdown', outside);
  details.addEventListener('keydown', escape);
  details.addEventListener('click', chosen);
  return () => {
    document.removeEventListener('pointerdown', outside);
    details.removeEventListener('keydown', escape);
    details.removeEventListener('click', chosen);
  };
};
