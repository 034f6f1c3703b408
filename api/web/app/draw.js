// Drawing a hazard on the map: a polygon or a circle, with Terra Draw.

import { toast } from './dom.js';
import { circleText, distance, polygonText } from './hazard.js';

const COLOUR = '#b3261e';
let running = null;

/**
 * Let the user draw. Resolves with the hazard as text of the address, or null when they give up (Esc).
 * @param {import('./map.js').TwinMap} map @param {'polygon'|'circle'} shape
 */
export async function draw(map, shape) {
  running?.();
  const [{ TerraDraw, TerraDrawPolygonMode, TerraDrawCircleMode }, { TerraDrawMapLibreGLAdapter }] = await Promise.all([import('terra-draw'), import('terra-draw-maplibre-gl-adapter')]);
  const styles = { fillColor: COLOUR, fillOpacity: 0.15, outlineColor: COLOUR, outlineWidth: 2 };
  const pen = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map: map.map, lib: map.library }),
    modes: [new TerraDrawPolygonMode({ styles }), new TerraDrawCircleMode({ styles })],
  });
  pen.start();
  pen.setMode(shape);
  map.drawing = true;
  toast(shape === 'polygon' ? 'Click the corners; click the first one again, or press Enter, to close. Esc gives up.' : 'Click the middle, then the edge. Esc gives up.');
  return new Promise((resolve) => {
    const end = (text) => {
      removeEventListener('keydown', escape, true);
      running = null;
      pen.stop();
      setTimeout(() => { map.drawing = false; }, 50); // the click that ended it is not a click on an asset
      resolve(text);
    };
    const escape = (event) => { if (event.key === 'Escape') { event.stopPropagation(); end(null); } };
    addEventListener('keydown', escape, true);
    running = () => end(null);
    pen.on('finish', (id) => {
      const drawn = pen.getSnapshot().find((feature) => feature.id === id);
      const [ring] = drawn.geometry.coordinates;
      end(shape === 'circle' ? circleOf(ring) : polygonText(ring));
    });
  });
}

/** Middle and radius of a drawn ring. */
function circleOf(ring) {
  const corners = ring.slice(0, -1);
  const middle = [0, 1].map((i) => corners.reduce((sum, place) => sum + place[i], 0) / corners.length);
  const radius = corners.reduce((sum, place) => sum + distance(middle, place), 0) / corners.length;
  return circleText(middle, radius);
}

/** GeoJSON files dropped on the map become the hazard. @param {(file: File) => void} take */
export function dropZone(element, take) {
  element.addEventListener('dragover', (event) => { event.preventDefault(); element.classList.add('dropping'); });
  element.addEventListener('dragleave', () => element.classList.remove('dropping'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    element.classList.remove('dropping');
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}
