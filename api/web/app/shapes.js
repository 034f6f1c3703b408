// Pictures for the map, drawn here: a shape per domain as a distance field, and rings for sites of several domains.

const SIZE = 40;
const RADIUS = 11;

/** Signed distance in pixels from (x, y), the centre being 0; negative inside. */
const DISTANCES = {
  circle: (x, y) => Math.hypot(x, y) - RADIUS * 0.92,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) - RADIUS * 0.82,
  diamond: (x, y) => (Math.abs(x) + Math.abs(y) - RADIUS * 1.3) * Math.SQRT1_2,
  hexagon: (x, y) => Math.max(Math.abs(x) * 0.866 + Math.abs(y) * 0.5, Math.abs(y)) - RADIUS * 0.85,
};

/** A distance field as MapLibre reads it: the edge at three quarters, eight pixels wide. */
function field(distance) {
  const data = new Uint8ClampedArray(SIZE * SIZE * 4);
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const value = 192 - distance(x + 0.5 - SIZE / 2, y + 0.5 - SIZE / 2) * (255 / 8);
      data.set([255, 255, 255, value], (y * SIZE + x) * 4);
    }
  }
  return { width: SIZE, height: SIZE, data };
}

/** Name of a ring: eighths of each domain. */
const RING = /^ring-(\d)-(\d)-(\d)$/;

function ring(parts, colours, paper) {
  const size = 64;
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext('2d');
  const sum = parts.reduce((a, b) => a + b, 0) || 1;
  let from = -Math.PI / 2;
  pen.fillStyle = paper;
  pen.beginPath();
  pen.arc(32, 32, 27, 0, 7);
  pen.fill();
  pen.lineWidth = 8;
  parts.forEach((part, at) => {
    if (!part) return;
    const to = from + (part / sum) * 2 * Math.PI;
    pen.strokeStyle = colours[at];
    pen.beginPath();
    pen.arc(32, 32, 26, from, to);
    pen.stroke();
    from = to;
  });
  return pen.getImageData(0, 0, size, size);
}

/**
 * Gives *map* its pictures; rings are made when a tile first asks for one.
 * @param {import('maplibre-gl').Map} map
 * @param {() => {colours: string[], paper: string}} look
 * @returns {() => void} draws the rings anew, in the colours of now
 */
export function addShapes(map, look) {
  const rings = new Set();
  const drawn = (id) => {
    const { colours, paper } = look();
    return ring(RING.exec(id).slice(1).map(Number), colours, paper);
  };
  for (const [name, distance] of Object.entries(DISTANCES)) {
    if (!map.hasImage(name)) map.addImage(name, field(distance), { sdf: true, pixelRatio: 2 });
  }
  map.setMissingStyleImageResolver((id) => {
    if (!RING.test(id) || map.hasImage(id)) return;
    rings.add(id);
    map.addImage(id, drawn(id), { pixelRatio: 2 });
  });
  return () => rings.forEach((id) => map.updateImage(id, drawn(id)));
}

/** A domain's shape as an inline picture for lists and the legend. */
export function shapeIcon(shape, colour) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 12 12');
  svg.setAttribute('class', 'shape');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', {
    circle: 'M6 1.5a4.5 4.5 0 1 0 .01 0',
    square: 'M2 2h8v8H2z',
    diamond: 'M6 .8 11.2 6 6 11.2.8 6z',
    hexagon: 'M6 1l4.3 2.5v5L6 11 1.7 8.5v-5z',
  }[shape]);
  path.setAttribute('fill', colour);
  svg.append(path);
  return svg;
}
