import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { PrincipalPicker } from "../../access/PrincipalPicker";
import { type Principal, loadNames, short } from "../../access/principals";
import { call, type Clients } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { ApiError } from "../../ui/ApiError";
import { useProjectName } from "./fields";
import { type Edge, layout, type Node, nodeHeight, nodeWidth } from "./layout";
import { Rows } from "./Rows";
import { texts } from "./texts";

type Held = { permission_set_name: string; organization_id?: string; project_ids?: string[]; condition: string; policy_id: string; policy_name: string; group_id?: string };
type Answer = { held: Held[]; groups: ReadonlyMap<string, string> };

const pageSize = 100;
const maxPages = 10;
const labelLength = 24;

async function load({ iam }: Clients, principal: Principal): Promise<Answer> {
  const held: Held[] = [];
  for (let page = 1; page <= maxPages; page++) {
    const answer = await call<{ principal_permission_sets: Held[]; total_count: number }>("GET", `/iam-private/v1/principals/${principal.id}/permission-sets?page=${page}&page_size=${pageSize}`);
    held.push(...answer.principal_permission_sets);
    if (held.length >= answer.total_count) break;
  }
  const groups = await loadNames(iam, held.flatMap(({ group_id: id }) => (id ? [{ type: "group" as const, id }] : [])));
  return { held, groups };
}

function useGraph(principal: Principal, { held, groups }: Answer) {
  const t = useTexts(texts);
  const projectName = useProjectName(held.flatMap((one) => one.project_ids ?? []));
  const nodes = new Map<string, Node>([[principal.id, { id: principal.id, layer: 0, label: principal.name }]]);
  const edges = new Map<string, Edge>();
  const node = (id: string, layer: number, label: string) => nodes.set(id, { id, layer, label });
  const edge = (from: string, to: string) => edges.set(`${from} ${to}`, { from, to });
  const rows = held.map((one, i) => {
    const places = one.organization_id ? [{ id: "organization", name: t.everywhere }] : (one.project_ids ?? []).map((id) => ({ id, name: projectName(id) }));
    if (one.group_id) {
      node(one.group_id, 1, groups.get(one.group_id) ?? one.group_id);
      edge(principal.id, one.group_id);
    }
    node(one.policy_id, 2, one.policy_name || one.policy_id);
    edge(one.group_id ?? principal.id, one.policy_id);
    for (const place of places) {
      node(place.id, 3, place.name);
      edge(one.policy_id, place.id);
    }
    const group = one.group_id ? (groups.get(one.group_id) ?? one.group_id) : "";
    return { key: String(i), cells: [group, one.policy_name, one.permission_set_name, places.map(({ name }) => name).join(", "), one.condition].map((cell) => short(cell, 300)) };
  });
  return { nodes: [...nodes.values()], edges: [...edges.values()], rows };
}

function Drawing({ nodes, edges, label }: { nodes: readonly Node[]; edges: readonly Edge[]; label: string }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const [focused, setFocused] = useState<string>();
  const { places, width, height } = layout(nodes, edges);
  const kinds = [t.principal, t.group, t.policy, t.scope];
  const line = ({ from, to }: Edge) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) return "";
    const [x1, y1, x2, y2] = [a.x + nodeWidth, a.y + nodeHeight / 2, b.x, b.y + nodeHeight / 2];
    return `M${x1} ${y1} C${x1 + 35} ${y1} ${x2 - 35} ${y2} ${x2} ${y2}`;
  };
  return (
    <div className="graph" role="region" aria-label={label} tabIndex={0}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="list" aria-label={label}>
        {edges.map((edge) => (
          <path key={`${edge.from} ${edge.to}`} d={line(edge)} className={focused === edge.from || focused === edge.to ? "edge near" : "edge"} role="presentation" />
        ))}
        {nodes.map((node) => {
          const at = places.get(node.id);
          const policy = node.layer === 2;
          const to = `/console/policies/${node.id}`;
          return (
            <g
              key={node.id}
              role="listitem"
              tabIndex={0}
              className={`node layer-${node.layer}`}
              transform={`translate(${at?.x ?? 0} ${at?.y ?? 0})`}
              aria-label={`${kinds[node.layer] ?? ""}: ${short(node.label, 200)}`}
              onFocus={() => setFocused(node.id)}
              onBlur={() => setFocused(undefined)}
              onMouseEnter={() => setFocused(node.id)}
              onMouseLeave={() => setFocused(undefined)}
              onDoubleClick={() => policy && void navigate(to)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && policy) void navigate(to);
              }}
            >
              <rect width={nodeWidth} height={nodeHeight} rx={6} />
              <text x={10} y={20} aria-hidden="true">
                {short(node.label, labelLength)}
              </text>
              <title>{short(node.label, 200)}</title>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function Graph({ principal, answer }: { principal: Principal; answer: Answer }) {
  const t = useTexts(texts);
  const { nodes, edges, rows } = useGraph(principal, answer);
  if (rows.length === 0) return <p>{t.noSets}</p>;
  return (
    <>
      <p className="field-help">{t.graphHelp}</p>
      <Drawing nodes={nodes} edges={edges} label={t.graph} />
      <h2>{t.table}</h2>
      <Rows caption={t.table} headers={[t.group, t.policy, t.set, t.scope, t.condition]} rows={rows} />
    </>
  );
}

function Loaded({ principal }: { principal: Principal }) {
  const clients = useConsole();
  const { data, error } = useQuery({ queryKey: ["graph", clients.organizationId, principal.id], queryFn: () => load(clients, principal) });
  if (error) return <ApiError error={error} />;
  return data ? <Graph principal={principal} answer={data} /> : null;
}

/** Where the rights of somebody come from, as a picture and as a table. */
export function GraphView() {
  const t = useTexts(texts);
  const [principal, setPrincipal] = useState<Principal>();
  return (
    <>
      <PrincipalPicker legend={t.subject} types={["user", "application"]} value={principal} onChange={setPrincipal} />
      {principal && <Loaded key={principal.id} principal={principal} />}
    </>
  );
}
