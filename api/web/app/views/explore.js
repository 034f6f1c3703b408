// What is known about the chosen asset; without one, what the twin holds and what can be asked.

import { ask, assetPath } from '../api.js';
import { domainStyle, VERDICTS, verdictColour } from '../colours.js';
import { button, copy, h, put } from '../dom.js';
import { counted, duration, number, quantity, title, words } from '../format.js';
import { hoverable } from '../hover.js';
import * as kept from '../kept.js';
import { head, section } from '../panel.js';
import { explanation } from '../proof.js';
import { shapeIcon } from '../shapes.js';
import { around } from '../walk.js';

export const keys = ['asset', 'fail', 'where', 'hazard', 'buffer', 'crossing', 'horizon'];

export const show = (host, context) => (context.state.get('asset') ? one(host, context) : overview(host, context));

async function overview(host, { vocabulary, counts, total, revision, open, state, choose, map }) {
  const demo = [['/', `search an asset, or ${map ? 'click one on the map' : 'choose one in the table'}`], ['f', 'fail it, and see what goes dark, when and why'], ['r', 'rank what matters most'], ['?', 'all keys']];
  const findings = await ask('findings', { limit: 1 }).catch(() => null);
  const kinds = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12);
  const most = kinds[0]?.[1] ?? 1;
  put(host, head('The twin', `${counted(total, 'asset')} at revision ${revision}`),
    total === 0 ? h('div', { class: 'empty' }, h('strong', {}, 'Nothing has been imported yet'), h('p', {}, 'Drop files in Import, or run `twin import`.')) : null,
    h('ul', { class: 'domains' }, ...[...vocabulary.domains.values()].map((domain) => {
      const names = [...vocabulary.kinds.values()].filter((kind) => kind.domain === domain.name);
      const sum = names.reduce((all, { name }) => all + (counts.get(name) ?? 0), 0);
      const { colour, shape } = domainStyle(domain.name, domain.colour);
      return sum ? h('li', {}, shapeIcon(shape, colour), h('strong', {}, number(sum)), ' ', domain.title.toLowerCase()) : null;
    })),
    section('Most of it', true, h('table', { class: 'bars' }, ...kinds.map(([kind, count]) => h('tr', {}, h('td', {}, words(kind)), h('td', { class: 'n' }, number(count)),
      h('td', { class: 'bar' }, h('i', { style: { width: `${(100 * count) / most}%`, background: domainStyle(vocabulary.kinds.get(kind)?.domain).colour } })))))),
    findings?.total ? h('p', { class: 'act' }, button(`${counted(findings.total, 'finding')} about the data`, () => open('findings'), { icon: 'findings' })) : null,
    section('Begin', true, h('table', { class: 'keys' }, ...demo.map(([key, says]) => h('tr', {}, h('td', {}, h('kbd', {}, key)), h('td', {}, says))))),
    recent(state).length ? section('Looked at before', true, h('ul', { class: 'plain' }, ...recent(state).map((id) => h('li', hoverable(id), h('button', { type: 'button', class: 'link', onclick: () => choose(id) }, id))))) : null);
}

const RECENT = 'twin.recent';
const recent = () => JSON.parse(sessionStorage.getItem(RECENT) ?? '[]');
const remember = (id) => sessionStorage.setItem(RECENT, JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, 8)));

async function one(host, context) {
  const { state, vocabulary, event, open, map } = context;
  const id = state.get('asset');
  const asset = await ask(assetPath(id));
  remember(id);
  const { colour, shape } = domainStyle(asset.domain, vocabulary.domains.get(asset.domain)?.colour);
  const failed = state.list('fail').includes(id);
  const tools = [
    button(failed ? 'In the event' : 'Fail it', () => { if (!failed) event.toggle([id]); open('impact'); }, { icon: 'impact', kind: 'primary', title: 'Take it as failed (f)' }),
    asset.geometry && map ? button('', () => map.fly(asset.geometry, { always: true }), { icon: 'target', title: 'Show on the map', kind: 'quiet' }) : null,
    button('', () => state.set({ asset: null }), { icon: 'close', title: 'Close (Esc)', kind: 'quiet' }),
  ];
  put(host,
    head(title(asset), h('span', {}, shapeIcon(shape, colour), ` ${words(asset.kind)} · `, h('button', { type: 'button', class: 'link mono', title: 'Copy the id', onclick: () => copy(id, 'Id') }, id)), ...tools),
    await inEvent(context, asset), facts(asset, context), needs(asset, context),
    await findingsOf(id), around(asset, context));
}

/** The verdict in the event that is shown, and why. */
async function inEvent(context, asset) {
  const question = context.event.asked();
  if (!question) return null;
  const impact = await context.event.answer('impact', question).catch(() => null);
  if (!impact) return null;
  const row = impact.affected.find(({ id }) => id === asset.id);
  if (!row) return h('p', { class: 'verdict none' }, `Not affected by the event${kept.current('impact') ? `, ${kept.inWords('impact')}` : ''}.`);
  return h('div', { class: 'verdict', style: { borderColor: verdictColour(row.verdict) } },
    h('p', {}, h('strong', { style: { color: verdictColour(row.verdict) } }, VERDICTS[row.verdict].title), row.verdict === 'failed' ? ' in the event' : ` ${times(row)}`, kept.current('impact') ? h('small', {}, ` · ${kept.inWords('impact')}`) : null),
    await explanation(context, asset.id));
}

const times = ({ verdict, time_s: time, outages }) => (verdict === 'interrupted' || verdict === 'down'
  ? outages.map(([from, to]) => (to === null ? `from ${duration(from)} on` : `from ${duration(from)} to ${duration(to)}`)).join(', ') : `from ${duration(time)} on`);

function facts(asset, { vocabulary }) {
  const rows = Object.entries(asset.properties).map(([name, value]) => [words(name.replace(/_(kv|mw|km|s|gbps)$/, '')), quantity(value, vocabulary.unit(name)), vocabulary.properties.get(name)?.description]);
  const place = asset.lat === null ? null : [`${asset.lat.toFixed(5)}, ${asset.lon.toFixed(5)}`];
  return section('Facts', true, h('table', { class: 'facts' },
    ...rows.map(([name, value, says]) => h('tr', { title: says }, h('th', { scope: 'row' }, name), h('td', {}, value))),
    place ? h('tr', {}, h('th', { scope: 'row' }, 'lat, lon'), h('td', {}, place)) : null,
    h('tr', {}, h('th', { scope: 'row' }, 'source'), h('td', {}, asset.source ?? '–')),
    h('tr', {}, h('th', { scope: 'row' }, 'written by run'), h('td', {}, h('code', {}, asset.run ?? '–')))));
}

/** The gates: of which members how many must deliver, for how long it works without. */
function needs(asset, { choose }) {
  if (!asset.gates.length) return null;
  return section(`Needs (${asset.gates.length})`, true, ...asset.gates.map((gate) => {
    const shown = gate.members.slice(0, 12);
    const name = gate.group === gate.service ? gate.service : `${gate.service} / ${gate.group}`;
    const buffer = gate.ride_through_s === null ? 'works without for ever' : gate.ride_through_s > 0 ? `works without for ${duration(gate.ride_through_s)}` : null;
    return h('div', { class: `gate ${gate.holds ? '' : 'broken'}` },
      h('p', {}, h('strong', {}, name), ` ${gate.need} of ${gate.members.length}${gate.joined ? ', joined' : ''}${gate.effect === 'degrade' ? ', else degraded' : ''}`,
        buffer ? h('small', {}, ` · ${buffer}`) : null, gate.holds ? null : h('em', {}, ' does not hold')),
      h('ul', { class: 'plain' }, ...shown.map((member) => h('li', hoverable(member.id), h('button', { type: 'button', class: 'link', onclick: () => choose(member.id) }, title(member)), h('small', {}, ` ${words(member.kind)}`))),
        gate.members.length > shown.length ? h('li', { class: 'small' }, `and ${gate.members.length - shown.length} more`) : null));
  }));
}

async function findingsOf(id) {
  const page = await ask('findings', { limit: 1000 }).catch(() => null);
  const about = page?.items.filter((finding) => finding.assets.includes(id)) ?? [];
  if (!about.length) return null;
  return section(`Findings (${about.length})`, true, ...about.map((finding) => h('div', { class: `finding ${finding.severity}` }, h('p', {}, h('strong', {}, words(finding.code)), ` ${finding.message}`), h('p', { class: 'fix' }, finding.fix))));
}
