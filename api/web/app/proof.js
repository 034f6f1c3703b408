// Why an asset has its verdict: the chain in sentences, each step a link to its asset.

import { h } from './dom.js';
import * as kept from './kept.js';
import { duration, title, words } from './format.js';
import { hoverable } from './hover.js';
import { verdictColour } from './colours.js';

const WHY = { event: 'fails in the event', down: 'goes down', rides: 'runs on its buffer', risk: 'is at risk', fuel: 'has spent its fuel', off: 'is off', idle: 'is idle', open: 'is open', out_of_service: 'is out of service', never_holds: 'never works', lacks: 'lacks', loop: 'is in a loop' };

/**
 * The explanation of an asset in the event that is shown.
 * @param {object} context as views get it @param {string} id
 */
export async function explanation({ event, choose }, id) {
  const told = await event.answer('explain', { ...event.asked(), id }).catch((error) => ({ failed: error }));
  if (told.failed) return h('p', { class: 'small' }, told.failed.detail ?? told.failed.message);
  const verdicts = new Map(told.proof.map((row) => [row.id, row]));
  const names = new Map([...told.graph.nodes, ...told.proof].map((row) => [row.id, row]));
  const held = kept.current('impact');
  return h('div', { class: 'proof' }, held && kept.isStale(held) ? h('p', { class: 'small' }, `In the twin now, revision ${told.revision}:`) : null,
    h('ol', { class: 'chain' }, ...told.chain.map((step, at) => {
      const row = names.get(step.id) ?? { id: step.id, kind: '' };
      return h('li', { ...hoverable(step.id), style: { borderColor: verdictColour(verdicts.get(step.id)?.verdict ?? (step.why === 'event' ? 'failed' : 'none')) } },
        h('button', { type: 'button', class: 'link', onclick: () => choose(step.id) }, title(row)),
        h('small', {}, ` ${words(row.kind ?? '')}`),
        h('p', {}, step.at_s === null ? '' : h('time', {}, duration(step.at_s)), ' ', ...named(sentence(told.sentences, step, at), names, choose)));
    })),
    told.proof.length > told.chain.length ? h('p', { class: 'small' }, `The whole proof has ${told.proof.length} assets.`) : null);
}

/** The API's own sentence without what the list says already; else what the step says. */
function sentence(sentences, step, at) {
  const found = sentences.find((text) => text.startsWith(step.id) && text.includes(': ')) ?? sentences[at];
  if (!found?.startsWith(step.id)) return WHY[step.why] ?? words(step.why);
  const rest = found.slice(step.id.length).replace(/^ \([^)]*(\([^)]*\)[^)]*)*\)/, '').replace(/^[:,]?\s*/, '').replace(/ at (\d+ \w+ ?)+:/, ':');
  return rest || WHY[step.why];
}

/** The sentence with the ids it mentions as names that open their asset. */
function named(text, names, choose) {
  const ids = [...names.keys()].filter((id) => text.includes(id)).sort((a, b) => b.length - a.length);
  if (!ids.length) return [text];
  const parts = text.split(new RegExp(`(${ids.map((id) => id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`));
  return parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(/^ \((?!down|in the|out of|degraded|at risk|off|open|not|since)[^)]*\)/, '');
    return h('button', { type: 'button', class: 'link name', ...hoverable(part), title: part, onclick: () => choose(part) }, title(names.get(part)));
  });
}
