// Fail it: what fails, for how long one looks; then what is lost, what survives, and why, asset by asset.

import { domainStyle, ORDER, VERDICTS, verdictColour } from '../colours.js';
import { button, empty, h, problem, put, waiting } from '../dom.js';
import { eventForm } from '../eventform.js';
import { exportMenu } from '../exporting.js';
import { capacity, counted, duration, number, title, words } from '../format.js';
import { hoverable } from '../hover.js';
import { head, section } from '../panel.js';
import { explanation } from '../proof.js';
import { saveEvent } from '../saving.js';
import { shapeIcon } from '../shapes.js';

export const keys = ['fail', 'where', 'hazard', 'buffer', 'crossing', 'horizon'];
const SHOWN = 300;

export async function show(host, context) {
  const { event } = context;
  const question = event.asked();
  const result = h('div', { class: 'result' });
  const tools = h('div', { class: 'row' });
  put(host, head('Fail it', 'What is lost when these fail, when and why.', tools), eventForm(context), result);
  if (!question) {
    put(result, empty('Nothing fails yet', 'Search an asset above, shift-click assets on the map, draw a hazard, or say which by what they carry.'));
    return;
  }
  put(result, waiting('Running the cascade …'));
  event.answer('impact', question).then((impact) => {
    if (context.signal.aborted) return;
    put(tools, exportMenu({ context, question: 'impact', asked: question, answer: impact }), button('Save this event …', () => saveEvent(event.body()), { icon: 'saved', title: 'Keep what fails under a name' }));
    put(result, ...answer(impact, context));
  }, (error) => put(result, problem(error, () => { event.forget(); show(host, context); })));
}

/** The answer, from numbers to single assets. */
export function answer(impact, context) {
  const horizon = impact.event.horizon_s;
  const { hazard } = impact.event.chosen ?? {};
  return [
    h('p', { class: 'lead' }, h('strong', {}, counted(impact.affected.length, 'asset')), ` affected ${horizon === null ? 'until nothing more happens' : `within ${duration(horizon)}`}`,
      hazard ? `; the hazard hits ${counted(hazard.hits, 'asset')}` : ''),
    summary(impact, context),
    section('At stake', true, stakes(impact, context)),
    impact.standby.length ? section(`Standby called (${impact.standby.length})`, false, h('ul', { class: 'plain' }, ...impact.standby.map((row) => h('li', hoverable(row.id),
      h('button', { type: 'button', class: 'link', onclick: () => context.choose(row.id) }, row.id), h('small', {}, row.on_s === null ? ' never starts' : ` on after ${duration(row.on_s)}${row.off_s === null ? '' : `, for ${duration(row.off_s - row.on_s)}`}`))))) : null,
    affected(impact, context),
    ...rests(impact),
  ];
}

function summary(impact, { vocabulary }) {
  const verdicts = ORDER.filter((verdict) => Object.values(impact.summary).some((counts) => counts[verdict]));
  const first = (domain) => impact.affected.filter((row) => row.domain === domain && row.verdict !== 'at_risk' && row.time_s !== null).map((row) => row.time_s);
  return h('table', { class: 'numbers', 'data-test': 'summary' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, ''), ...verdicts.map((verdict) => h('th', { scope: 'col', title: VERDICTS[verdict].says }, VERDICTS[verdict].title)), h('th', { scope: 'col' }, 'first'), h('th', { scope: 'col' }, 'last'))),
    h('tbody', {}, ...Object.entries(impact.summary).filter(([, counts]) => ORDER.some((verdict) => counts[verdict])).map(([domain, counts]) => {
      const { colour, shape } = domainStyle(domain, vocabulary.domains.get(domain)?.colour);
      const times = first(domain);
      return h('tr', { 'data-domain': domain }, h('td', {}, shapeIcon(shape, colour), vocabulary.domain(domain)),
        ...verdicts.map((verdict) => h('td', { class: counts[verdict] ? '' : 'zero', 'data-verdict': verdict, style: counts[verdict] ? { color: verdictColour(verdict), fontWeight: 600 } : {} }, counts[verdict] ? number(counts[verdict]) : '–')),
        h('td', {}, times.length ? duration(Math.min(...times)) : '–'), h('td', {}, times.length ? duration(Math.max(...times)) : '–'));
    })));
}

/** Sums of a part of the stake in words, the backup as a share of the capacity. */
function sums({ assets, backup_mw: backup, ...rest }) {
  const parts = Object.entries(rest).filter(([, value]) => value).map(([name, value]) => capacity(name, value) + (name === 'capacity_mw' && backup ? ` (${number(backup)} of it backup)` : ''));
  return parts.length ? parts.join(', ') : null;
}

function stakes(impact, { vocabulary }) {
  const rows = Object.entries(impact.stake.by_domain).filter(([, parts]) => parts.lost || parts.at_risk);
  if (!rows.length) return h('p', { class: 'small' }, 'Nothing is lost.');
  return h('div', { class: 'stakes' }, ...rows.map(([domain, parts]) => {
    const { colour, shape } = domainStyle(domain, vocabulary.domains.get(domain)?.colour);
    const lost = parts.lost?.assets ?? 0;
    const all = lost + (parts.survives?.assets ?? 0);
    const place = [['lost_inside', 'inside the hazard'], ['lost_outside', 'outside it'], ['lost_unplaced', 'without a place'], ['survives_inside', 'inside it survive']].filter(([name]) => parts[name]?.assets);
    return h('div', { class: 'stake', 'data-domain': domain, style: { borderLeftColor: colour } },
      h('h4', {}, h('span', {}, shapeIcon(shape, colour), vocabulary.domain(domain)), h('span', {}, h('span', { class: 'lost' }, number(lost)), h('small', {}, ` of ${number(all)} lost`))),
      h('div', { class: 'meter', role: 'img', 'aria-label': `${lost} of ${all} assets lost` }, h('i', { style: { width: `${all ? Math.max(lost ? 1 : 0, (100 * lost) / all) : 0}%`, background: verdictColour('down') } })),
      parts.lost && sums(parts.lost) ? h('p', {}, h('strong', {}, sums(parts.lost)), ' lost') : null,
      parts.survives ? h('p', { class: 'small' }, `Still works: ${sums(parts.survives) ?? counted(parts.survives.assets, 'asset')}`) : null,
      parts.at_risk?.assets ? h('p', { class: 'small' }, `At risk: ${counted(parts.at_risk.assets, 'asset')}${sums(parts.at_risk) ? ` (${sums(parts.at_risk)})` : ''}`) : null,
      place.length ? h('p', { class: 'small' }, place.map(([name, says]) => `${number(parts[name].assets)} ${says}`).join(' · ')) : null);
  }));
}

function affected(impact, context) {
  const { state, event, vocabulary } = context;
  const domains = [...new Set(impact.affected.map((row) => row.domain))];
  const verdicts = ORDER.filter((verdict) => impact.affected.some((row) => row.verdict === verdict));
  const list = h('div', { class: 'affected' });
  const chosen = { domain: '', verdict: '', all: false };
  const nodes = new Map();
  const select = (name, options) => h('select', { 'aria-label': `Only this ${name}`, onchange: ({ target }) => { chosen[name] = target.value; fill(); } }, h('option', { value: '' }, `every ${name}`), ...options.map(([value, text]) => h('option', { value }, text)));
  const fill = () => {
    const rows = impact.affected.filter((row) => (!chosen.domain || row.domain === chosen.domain) && (!chosen.verdict || row.verdict === chosen.verdict));
    const shown = chosen.all ? rows : rows.slice(0, SHOWN);
    nodes.clear();
    put(list, ...shown.map((row) => { const node = one(row, context); nodes.set(row, node); return node; }),
      rows.length > shown.length ? h('button', { type: 'button', class: 'button', onclick: () => { chosen.all = true; fill(); } }, `Show all ${number(rows.length)}`) : null);
    fade();
  };
  const fade = () => {
    const t = Number(state.get('t', Infinity));
    for (const [row, node] of nodes) node.classList.toggle('later', t !== Infinity && event.verdictAt(row, t) === null);
  };
  state.on(['t'], fade, context.signal);
  fill();
  return section(`Affected (${number(impact.affected.length)})`, true,
    h('div', { class: 'row' }, select('domain', domains.map((name) => [name, vocabulary.domain(name)])), select('verdict', verdicts.map((name) => [name, VERDICTS[name].title]))), list);
}

/** One affected asset; opening it asks why. */
function one(row, context) {
  const { colour, shape } = domainStyle(row.domain, context.vocabulary.domains.get(row.domain)?.colour);
  const why = h('div', {});
  const node = h('details', { ...hoverable(row.id), 'data-verdict': row.verdict, ontoggle: async () => {
    if (!node.open || why.childElementCount) return;
    put(why, waiting('Asking why …'));
    put(why, await explanation(context, row.id), h('button', { type: 'button', class: 'button small', onclick: () => context.choose(row.id) }, 'Open the asset'));
  } }, h('summary', { title: row.id }, h('span', { class: 'verdict-tag', style: { color: verdictColour(row.verdict) } }, VERDICTS[row.verdict].title), h('span', { class: 'small' }, row.time_s === null ? '' : duration(row.time_s)),
    h('span', {}, shapeIcon(shape, colour), title(row), h('small', {}, ` ${words(row.kind)}`))), why);
  return node;
}

/** What the answer rests on. */
export function rests(answered) {
  const { assumptions, notes, notice } = answered;
  const lines = [...notes, notice, assumptions.assumed_supplied ? `${counted(assumptions.assumed_supplied, 'asset')} without a known supplier count as supplied.` : null,
    assumptions.baseline_down ? `${counted(assumptions.baseline_down, 'asset')} did not operate before the event and are left out.` : null].filter(Boolean);
  return [lines.length ? h('div', { class: 'note' }, ...lines.map((line) => h('p', {}, line))) : null,
    h('p', { class: 'small' }, `Revision ${answered.revision} · model level ${answered.model_level} · from ${assumptions.sources.map(({ source }) => source).join(', ')}`)];
}
