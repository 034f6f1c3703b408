// The asset under the pointer, wherever the pointer is: map, list or graph.

let hovered = null;
let waiting = 0;
const listeners = new Set();

/** Say what the pointer is on; null for nothing. @param {string|null} id @param {string} from who says so */
export function hover(id, from) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (id === hovered) return;
    hovered = id;
    for (const listener of listeners) listener(id, from);
  }, 40);
}

/** Call *listener* with each new id. @param {(id: string|null, from: string) => void} listener @param {AbortSignal} [signal] */
export function onHover(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener('abort', () => listeners.delete(listener));
}

/** Attributes for an element that stands for an asset. */
export const hoverable = (id) => ({
  'data-asset': id,
  onmouseenter: () => hover(id, 'list'),
  onmouseleave: () => hover(null, 'list'),
  onfocus: () => hover(id, 'list'),
  onblur: () => hover(null, 'list'),
});

onHover((id) => {
  for (const node of document.querySelectorAll('.hovered')) node.classList.remove('hovered');
  if (id) for (const node of document.querySelectorAll(`[data-asset="${CSS.escape(id)}"]`)) node.classList.add('hovered');
});
