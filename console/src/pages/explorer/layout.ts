export type Node = { readonly id: string; readonly layer: number; readonly label: string };
export type Edge = { readonly from: string; readonly to: string };

export const nodeWidth = 200;
export const nodeHeight = 30;
const gapX = 70;
const gapY = 10;
const margin = 10;
const sweeps = 4;

/**
 * Lays a graph out in columns, one a layer. Within a column nodes stand where their neighbours to the
 * left and right stand on average, which keeps most edges from crossing.
 */
export function layout(nodes: readonly Node[], edges: readonly Edge[]): { places: Map<string, { x: number; y: number }>; width: number; height: number } {
  const layers = [...new Set(nodes.map((node) => node.layer))].toSorted((a, b) => a - b).map((layer) => nodes.filter((node) => node.layer === layer));
  const rank = new Map<string, number>();
  const near = new Map<string, string[]>();
  for (const { from, to } of edges) {
    near.set(from, [...(near.get(from) ?? []), to]);
    near.set(to, [...(near.get(to) ?? []), from]);
  }
  const settle = (layer: readonly Node[]) => layer.forEach((node, i) => rank.set(node.id, (i + 0.5) / layer.length));
  const average = (node: Node) => {
    const ranks = (near.get(node.id) ?? []).map((id) => rank.get(id) ?? 0.5);
    return ranks.length === 0 ? (rank.get(node.id) ?? 0.5) : ranks.reduce((a, b) => a + b, 0) / ranks.length;
  };
  layers.forEach(settle);
  for (let i = 0; i < sweeps; i++) {
    for (const layer of layers) {
      const order = new Map(layer.map((node) => [node.id, average(node)]));
      layer.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
      settle(layer);
    }
  }
  const height = 2 * margin + Math.max(1, ...layers.map((layer) => layer.length)) * (nodeHeight + gapY);
  const places = new Map<string, { x: number; y: number }>();
  layers.forEach((layer, column) => {
    const top = (height - layer.length * (nodeHeight + gapY)) / 2;
    layer.forEach((node, row) => places.set(node.id, { x: margin + column * (nodeWidth + gapX), y: top + row * (nodeHeight + gapY) }));
  });
  return { places, width: 2 * margin + layers.length * (nodeWidth + gapX) - gapX, height };
}
