import type { Channel, Notification } from '../notification.ts';
import { post, type PostContext } from '../post.ts';

export interface ChatSettings {
  /** The address that the chat gave out; whoever knows it can post there. */
  readonly url: string;
}

type Body = (notification: Notification, again: boolean) => unknown;

const headings = { trigger: '🔴', update: '🟠', resolve: '🟢' } as const;
const words = { trigger: 'Firing', update: 'Still firing', resolve: 'Resolved' } as const;
const titleMax = 150;
const factsMax = 10;

/** A room cannot know that a message is the same as one before: it says so itself. */
const doubleNote = 'This may have been posted before: no answer came the last time.';

export function openSlack(settings: ChatSettings, context: PostContext): Channel {
  return openChat(settings, context, slackBody);
}

export function openTeams(settings: ChatSettings, context: PostContext): Channel {
  return openChat(settings, context, teamsBody);
}

function openChat({ url }: ChatSettings, context: PostContext, bodyOf: Body): Channel {
  const address = new URL(url);
  // Without its slash: who quotes the path may leave that out.
  const secrets = [`${address.pathname.slice(1)}${address.search}`];
  return {
    isIdempotent: false,
    deliver: (notification, mayBeDouble, signal) => {
      const body = JSON.stringify(bodyOf(notification, mayBeDouble));
      return post({ url: address, headers: {}, body, secrets }, context, signal);
    },
  };
}

/** Block Kit for an incoming webhook of Slack. */
export function slackBody(notification: Notification, again: boolean): unknown {
  const { action, title, summary, facts, links } = notification;
  const line = `${headings[action]} ${words[action]}: ${title}`;
  const shownFacts = facts.slice(0, factsMax).map(({ name, value }) => ({
    type: 'mrkdwn',
    text: `*${slackText(name)}*\n${slackText(value)}`,
  }));
  const shownLinks = links
    .map(({ title: text, href }) => `<${href}|${slackText(text).replaceAll('|', '¦')}>`)
    .join('  ·  ');
  return {
    text: slackText(line),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: line.slice(0, titleMax) } },
      { type: 'section', text: { type: 'mrkdwn', text: slackText(summary) } },
      ...(shownFacts.length > 0 ? [{ type: 'section', fields: shownFacts }] : []),
      ...(shownLinks === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: shownLinks } }]),
      ...(again ? [{ type: 'context', elements: [{ type: 'plain_text', text: doubleNote }] }] : []),
    ],
  };
}

/** What Slack reads as a command: a name of a customer must neither ring everybody nor become a link. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').slice(0, 2000);
}

/** An Adaptive Card for "When a Teams webhook request is received" of Microsoft Teams' Workflows. */
export function teamsBody(notification: Notification, again: boolean): unknown {
  const { action, title, summary, facts, links } = notification;
  const text = (said: string, more: object = {}) => ({
    type: 'TextBlock',
    text: teamsText(said),
    wrap: true,
    ...more,
  });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      text(`${headings[action]} ${words[action]}: ${title}`, { weight: 'Bolder', size: 'Medium' }),
      text(summary),
      ...(facts.length > 0
        ? [
            {
              type: 'FactSet',
              facts: facts
                .slice(0, factsMax)
                .map(({ name, value }) => ({ title: teamsText(name), value: teamsText(value) })),
            },
          ]
        : []),
      ...(again ? [text(doubleNote, { isSubtle: true, size: 'Small' })] : []),
    ],
    actions: links.map(({ title: name, href }) => ({ type: 'Action.OpenUrl', title: name, url: href })),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/** Cards read Markdown: what a business calls its things must stay what it is. */
function teamsText(text: string): string {
  return text.replace(/[\\`*_[\]()#<>]/g, (sign) => `\\${sign}`).slice(0, 2000);
}
