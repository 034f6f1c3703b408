// A result on paper: the panel with everything open, under a heading, with a picture of the map.

import { h } from './dom.js';
import * as kept from './kept.js';

/**
 * Print what the panel shows.
 * @param {{map: import('./map.js').TwinMap|null, revision: number}} context
 * @param {string} title @param {string} question what the result is an answer to
 */
export async function report({ map, revision }, title, question) {
  const panel = document.getElementById('panel');
  const folded = [...panel.querySelectorAll('details.section:not([open])')];
  const picture = map ? URL.createObjectURL(await map.picture()) : null;
  const image = picture ? h('img', { src: picture, alt: 'The map as it was shown' }) : null;
  if (image) await image.decode();
  const cover = h('div', { class: 'cover' }, h('h1', {}, title), h('p', {}, `Revision ${kept.current(question)?.revision ?? revision} of the twin · printed ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`), image, h('p', { class: 'where' }, location.href));
  panel.prepend(cover);
  for (const part of folded) part.open = true;
  print();
  cover.remove();
  for (const part of folded) part.open = false;
  if (picture) URL.revokeObjectURL(picture);
}
