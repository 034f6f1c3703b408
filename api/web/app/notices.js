// What changed in an answer that is watched, as people read it.

import { address, request } from './api.js';
import { VERDICTS, verdictColour } from './colours.js';
import { h, problem, put } from './dom.js';
import { moment, number } from './format.js';
import { hoverable } from './hover.js';
import { addressOf, VIEW_OF } from './saving.js';
import { looked, tally } from './watching.js';

const SHOWN = 3;
const ROWS = 8;

/** Show the newest notices of a subscription in *host*. */
export async function noticeList(host, { id }, context) {
  try {
    const { notices } = await (await request(`subscriptions/${id}`, { signal: context.signal })).json();
    looked(id, notices.map(({ notice }) => notice));
    const shown = notices.slice(0, SHOWN).map((row) => one(row, context));
    const rest = notices.slice(SHOWN);
    put(host, shown.length ? shown : h('p', { class: 'small' }, 'It has not changed since.'),
      rest.length ? h('details', { ontoggle: ({ target }) => { if (target.childElementCount === 1) target.append(...rest.map((row) => one(row, context))); } }, h('summary', { class: 'small' }, `${number(rest.length)} before`)) : null);
  } catch (error) {
    if (error.name !== 'AbortError') put(host, problem(error, () => noticeList(host, { id }, context)));
  }
}

function one({ notice, state, last_error: fault }, context) {
  const { changed, before, after, result } = notice;
  const where = result && VIEW_OF[notice.question] ? addressOf(notice.question, notice.asked, result.split('/').at(-1)) : null;
  const lines = [...listed('+', 'came', changed.added, changed.added_total, context), ...listed('−', 'went', changed.removed, changed.removed_total, context),
    ...listed('~', 'changed', changed.changed, changed.changed_total, context)];
  return h('div', { class: 'notice', 'data-notice': notice.id },
    h('p', {}, h('strong', {}, `Revision ${before.revision} → ${after.revision}`), `: ${tally(notice)}`, h('small', {}, ` · ${moment(notice.at)}`)),
    lines.length ? h('ul', { class: 'plain' }, ...lines) : null,
    result ? h('p', { class: 'small' }, where ? h('a', { href: `#${where}` }, 'The answer then') : h('a', { href: address(result.slice(1)).href, target: '_blank', rel: 'noopener' }, 'The answer then, as JSON')) : null,
    state === 'waiting' || state === 'given up' ? h('p', { class: 'small fault' }, `Webhook: ${state}${fault ? `, ${fault}` : ''}`) : null);
}

/** The first rows of one sort; what is an asset opens. */
function listed(sign, what, rows, total, { choose }) {
  const asset = (id) => (/^\S+:\S+$/.test(id) ? h('button', { type: 'button', class: 'link', ...hoverable(id), onclick: () => choose(id) }, id) : id);
  const items = rows.slice(0, ROWS).map((row) => h('li', {}, h('b', { class: 'sign', title: what }, sign), ' ', asset(row.id ?? row), row.id ? h('small', {}, ' ', said(row)) : null));
  return total > items.length ? [...items, h('li', { class: 'small' }, `${sign} ${number(total - items.length)} more`)] : items;
}

const verdict = (name) => (VERDICTS[name] ? h('span', { style: { color: verdictColour(name) } }, VERDICTS[name].title) : name);

/** How one row changed: its verdict, or what belongs to it. */
function said({ before, after }) {
  if (before === after || before === null || after === null) return after === null ? 'otherwise than before' : [verdict(after), ', at other times or by other means'];
  return [verdict(before), ' → ', verdict(after)];
}
