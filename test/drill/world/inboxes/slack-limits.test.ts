import { describe, expect, it } from 'vitest';
import { refusalOfBlocks } from '../../../../drill/world/inboxes/slack-limits.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const marked = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const button = (members: object = {}) => ({ type: 'button', text: plain(5), ...members });
const actions = (...elements: object[]) => ({ type: 'actions', elements });

describe('what a message may have', () => {
  it.each([
    ['a header of 150 characters', { type: 'header', text: plain(150) }],
    ['a section of 3,000', { type: 'section', text: marked(3_000) }],
    ['ten fields of 2,000', { type: 'section', fields: [marked(2_000), ...Array(9).fill(marked(9))] }],
    ['a context', { type: 'context', elements: [marked(100)] }],
    ['a divider', { type: 'divider' }],
    ['a button', actions(button({ value: 'x'.repeat(2_000), style: 'danger', action_id: 'a' }))],
    ['a link', actions(button({ url: `https://${'x'.repeat(2_992)}` }))],
    ['what is not looked into', { type: 'rich_text', elements: [] }],
  ])('%s', (_, block) => {
    expect(refusalOfBlocks([block])).toBeUndefined();
  });
});

describe('what Slack refuses', () => {
  it.each([
    ['a header of 151 characters', { type: 'header', text: plain(151) }, '/blocks/0/text/text'],
    ['a header with markup', { type: 'header', text: marked(5) }, '/blocks/0/text/type'],
    ['a section of 3,001', { type: 'section', text: marked(3_001) }, '/blocks/0/text/text'],
    ['an empty text', { type: 'section', text: marked(0) }, '/blocks/0/text/text'],
    ['a section of nothing', { type: 'section' }, '/blocks/0]'],
    ['eleven fields', { type: 'section', fields: Array(11).fill(marked(1)) }, '/blocks/0/fields]'],
    ['a field of 2,001', { type: 'section', fields: [marked(2_001)] }, '/fields/0/text'],
    ['no elements', actions(), '/blocks/0/elements'],
    ['a label of 76', actions({ type: 'button', text: plain(76) }), '/elements/0/text/text'],
    ['a value of 2,001', actions(button({ value: 'x'.repeat(2_001) })), '/elements/0/value'],
    ['a link of 3,001', actions(button({ url: 'x'.repeat(3_001) })), '/elements/0/url'],
    ['a style of its own', actions(button({ style: 'red' })), '/elements/0/style'],
    ['an action twice', actions(button({ action_id: 'a' }), button({ action_id: 'a' })), '/elements]'],
    ['an unknown block', { type: 'paragraph' }, '/blocks/0/type'],
    ['what is no block', null, '/blocks/0/type'],
  ])('%s', (_, block, where) => {
    const refusal = refusalOfBlocks([block]);
    expect(refusal?.error).toBe('invalid_blocks');
    expect(refusal?.messages.join()).toContain(where);
  });

  it('is 51 blocks, and more than 11,300 characters in all', () => {
    expect(refusalOfBlocks(Array(51).fill({ type: 'divider' }))?.error).toBe('invalid_blocks');
    const long = Array(4).fill({ type: 'section', text: marked(2_900) });
    expect(refusalOfBlocks(long)?.error).toBe('msg_blocks_too_long');
  });
});
