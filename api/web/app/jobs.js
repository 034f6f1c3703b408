// Long work: following a job to its end by server-sent events, with a bar.

import { request } from './api.js';
import { button, h, put } from './dom.js';
import { number } from './format.js';

/**
 * Events of a stream of the API, taken up again where the line was lost; ends when the server says that it is over.
 * @param {string} path @param {AbortSignal} [signal] @returns {AsyncGenerator<{event: string, data: any}>}
 */
export async function* events(path, signal) {
  let last = 0;
  for (;;) {
    // Not EventSource, which cannot send the key.
    const response = await request(path, { signal, headers: { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': String(last) } : {}) } });
    if (response.status === 204) return;
    let text = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(text.slice(0, end).split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
        text = text.slice(end + 2);
        if (!fields.data) continue;
        last = Number(fields.id);
        yield { event: fields.event, data: JSON.parse(fields.data) };
      }
    }
  }
}

/**
 * Follow a job; resolves with the job as it ended.
 * @param {string} id @param {(job: any) => void} tell called with each state of it @param {AbortSignal} [signal]
 */
export async function follow(id, tell, signal) {
  for await (const { event, data } of events(`jobs/${id}/events`, signal)) {
    tell(data);
    if (event === 'done') return data;
  }
  return (await request(`jobs/${id}`, { signal })).json();
}

/** A bar that shows a job, with a button that cancels it. @returns {{node: HTMLElement, tell: (job: any) => void}} */
export function jobBar(what) {
  const node = h('div', { class: 'job', role: 'status' }, `${what} …`);
  const tell = (job) => put(node, h('div', { class: 'row' }, h('span', {}, `${what}: ${job.cancelling ? 'ending' : job.step || job.state}`), h('span', { class: 'gap' }),
    h('small', {}, job.total ? `${number(job.done)} of ${number(job.total)}` : job.done ? number(job.done) : ''),
    ['queued', 'running'].includes(job.state) ? button('Cancel', () => request(`jobs/${job.id}`, { method: 'DELETE' }).catch(() => {}), { kind: 'small' }) : null),
  h('progress', { 'aria-label': what, ...(job.total ? { value: job.done, max: job.total } : {}) }));
  return { node, tell };
}
