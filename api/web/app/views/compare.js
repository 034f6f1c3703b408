// Compare: two events side by side, and what only one of them does.

import { ORDER, VERDICTS, verdictColour } from '../colours.js';
import { button, empty, h, problem, put, waiting } from '../dom.js';
import { eventForm, horizonField } from '../eventform.js';
import { exportMenu } from '../exporting.js';
import { capacity, counted, duration, number, title, words } from '../format.js';
import { hoverable } from '../hover.js';
import { head, section } from '../panel.js';
import { rests } from './impact.js';

const SIDE = ['fail', 'where', 'hazard', 'buffer', 'crossing'];
export const keys = [...SIDE, ...SIDE.map((key) => `b.${key}`), 'horizon'];
const SHOWN = 100;

export async function show(host, context) {
  const { state, event, signal } = context;
  const [a, b] = [event.body(), event.body('b.')];
  const result = h('div', {});
  const tools = h('div', { class: 'row' });
  const swap = () => state.set(Object.fromEntries(SIDE.flatMap((key) => [[key, state.get(`b.${key}`)], [`b.${key}`, state.get(key)]])));
  put(host, head('Compare', 'Two events side by side.', tools),
    h('fieldset', { class: 'event-a' }, h('legend', {}, 'A'), eventForm(context, { horizon: false })),
    h('fieldset', { class: 'event-b' }, h('legend', {}, 'B'), eventForm(context, { side: 'b.', horizon: false })),
    h('div', { class: 'row between' }, horizonField(state), button('Swap A and B', swap)), a && b && context.map ? onMap(context) : null, result);
  if (!a || !b) {
    put(result, empty(a ? 'Say what fails in B' : 'Say what fails in A', 'Then both are asked, and what sets them apart is listed.'));
    return;
  }
  const asked = { a, b, ...(event.horizon() === null ? {} : { horizon_s: event.horizon() }) };
  put(result, waiting('Running both cascades …'));
  event.answer('compare', asked).then((answer) => {
    if (signal.aborted) return;
    put(tools, exportMenu({ context, question: 'compare', asked, answer }));
    put(result, ...told(answer, context));
  }, (error) => put(result, problem(error, () => show(host, context))));
}

/** Which event the map shows. */
function onMap({ state, signal }) {
  const choices = [['', 'A'], ['b', 'B'], ['diff', 'What differs']].map(([side, text]) => h('button', { type: 'button', 'data-side': side, onclick: () => state.set({ side }) }, text));
  const mark = () => choices.forEach((one) => one.setAttribute('aria-pressed', String(one.dataset.side === state.get('side'))));
  state.on(['side'], mark, signal);
  mark();
  return h('div', { class: 'tabs', role: 'group', 'aria-label': 'The map shows' }, h('small', {}, 'The map shows'), ...choices);
}

function told(answer, context) {
  return [deltas(answer, context),
    list(`Only A (${number(answer.only_a.length)})`, answer.only_a, context), list(`Only B (${number(answer.only_b.length)})`, answer.only_b, context),
    list(`Both, differently (${number(answer.both.filter((row) => !row.same).length)})`, answer.both.filter((row) => !row.same), context, both),
    section(`Both, the same (${number(answer.both.filter((row) => row.same).length)})`, false, h('p', { class: 'small' }, 'Same verdict, same times.')),
    ...rests(answer)];
}

const change = (delta, text = number) => h('td', { class: delta > 0 ? 'plus' : delta < 0 ? 'minus' : 'zero' }, delta > 0 ? `+${text(delta)}` : text(delta));

function deltas(answer, { vocabulary }) {
  const rows = [];
  for (const [domain, verdicts] of Object.entries(answer.summary)) {
    for (const verdict of ORDER) {
      const sides = verdicts[verdict];
      if (sides && (sides.a || sides.b)) rows.push([h('span', {}, `${vocabulary.domain(domain)}: `, h('span', { style: { color: verdictColour(verdict) } }, VERDICTS[verdict].title)), sides, number]);
    }
    for (const [name, sides] of Object.entries(answer.capacity_lost[domain] ?? {})) rows.push([`${vocabulary.domain(domain)}: lost ${capacity(name, 0).replace(/^0 /, '')}`, sides, number]);
  }
  return h('table', { class: 'numbers', 'data-test': 'deltas' }, h('thead', {}, h('tr', {}, ...['', 'A', 'B', 'B − A'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...rows.map(([label, sides, text]) => h('tr', {}, h('td', {}, label), h('td', {}, text(sides.a)), h('td', {}, text(sides.b)), change(sides.delta, text)))));
}

const verdict = ({ verdict: name, time_s: time }) => h('span', { style: { color: verdictColour(name) } }, `${VERDICTS[name].title}${time === null ? '' : `, ${duration(time)}`}`);
const both = (row) => h('small', {}, ' ', verdict(row.a), ' → ', verdict(row.b), row.worse_in ? ` · worse in ${row.worse_in.toUpperCase()}` : '');

function list(label, rows, { choose }, says = (row) => h('small', {}, ' ', verdict(row))) {
  if (!rows.length) return section(label, false, h('p', { class: 'small' }, 'None.'));
  return section(label, rows.length <= 40, h('ul', { class: 'plain' }, ...rows.slice(0, SHOWN).map((row) => h('li', hoverable(row.id), h('button', { type: 'button', class: 'link', title: row.id, onclick: () => choose(row.id) }, title(row)), h('small', {}, ` ${words(row.kind)}`), says(row))),
    rows.length > SHOWN ? h('li', { class: 'small' }, `and ${counted(rows.length - SHOWN, 'more', 'more')}; the export has all`) : null));
}
