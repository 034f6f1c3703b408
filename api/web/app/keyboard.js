// Keys: one letter each, wherever no text is being typed.

import { dialog, h } from './dom.js';

/** @type {[string, string, (event: KeyboardEvent) => void][]} */
const keys = [];

/** Bind a key. @param {string} key @param {string} says @param {(event: KeyboardEvent) => void} act */
export const bind = (key, says, act) => keys.push([key, says, act]);

/** Show what keys there are. */
export function help() {
  if (document.querySelector('dialog[aria-label=Keys]')) return;
  dialog('Keys', h('table', { class: 'keys' }, ...keys.map(([key, says]) => h('tr', {}, h('td', {}, h('kbd', {}, key === 'Escape' ? 'Esc' : key)), h('td', {}, says))),
    h('tr', {}, h('td', {}, h('kbd', {}, 'Space'), ' ', h('kbd', {}, '←'), ' ', h('kbd', {}, '→')), h('td', {}, 'play the timeline; the moment before, the next')),
    h('tr', {}, h('td', {}, h('kbd', {}, 'Shift'), ' + click'), h('td', {}, 'add the asset to the event'))),
  h('p', { class: 'small' }, 'On the map: arrows move, + and - zoom. The address always holds what you see: copy it to share.'));
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches?.('input:not([type=checkbox], [type=range], [type=radio]), textarea, select, [contenteditable]');
  const over = document.querySelector('dialog[open]');
  if (typing && !over && event.key === 'Escape') (document.querySelector('#panel h2[tabindex]') ?? document.getElementById('panel')).focus({ preventScroll: true }); // the next one goes back
  if (typing || over) return;
  const found = keys.find(([key]) => key === event.key);
  if (!found || (event.key === ' ' && event.target.matches('button, summary, a, input'))) return;
  event.preventDefault();
  found[2](event);
});
