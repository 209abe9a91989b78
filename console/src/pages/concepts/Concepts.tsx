import "../../access/access.css";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { short } from "../../access/principals";
import { useCatalog } from "../../api/catalog";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Page } from "../../ui/Page";
import { texts } from "./texts";

const concepts = ["organization", "users", "applications", "groups", "keys", "policies", "sets", "projects"] as const;
type Concept = (typeof concepts)[number];

/** How many there are, and the names of the first few. */
type Seen = { total: number; names: string[] };

const few = 3;
const boxWidth = 220;
const boxHeight = 84;
const places: Readonly<Record<Exclude<Concept, "organization">, { x: number; y: number }>> = {
  users: { x: 20, y: 60 },
  applications: { x: 20, y: 220 },
  keys: { x: 20, y: 380 },
  groups: { x: 350, y: 60 },
  policies: { x: 350, y: 220 },
  sets: { x: 680, y: 60 },
  projects: { x: 680, y: 220 },
};

type Arrow = { from: keyof typeof places; to: keyof typeof places; label: "member" | "bear" | "get" | "give" | "where" };
const arrows: readonly Arrow[] = [
  { from: "users", to: "groups", label: "member" },
  { from: "applications", to: "policies", label: "get" },
  { from: "applications", to: "keys", label: "bear" },
  { from: "groups", to: "policies", label: "get" },
  { from: "policies", to: "sets", label: "give" },
  { from: "policies", to: "projects", label: "where" },
];

function useCounts(): Partial<Record<Concept, Seen>> {
  const { iam, projects, organizationId, session } = useConsole();
  const { data: catalog } = useCatalog();
  const one = { organizationId, pageSize: few };
  const lists: Record<Exclude<Concept, "organization" | "sets">, () => Promise<Seen>> = {
    users: () => iam.listUsers(one).then((a) => ({ total: a.totalCount, names: a.users.map((u) => u.username || u.email) })),
    applications: () => iam.listApplications(one).then((a) => ({ total: a.totalCount, names: a.applications.map(({ name }) => name) })),
    groups: () => iam.listGroups(one).then((a) => ({ total: a.totalCount, names: a.groups.map(({ name }) => name) })),
    keys: () => iam.listAPIKeys(one).then((a) => ({ total: a.totalCount, names: a.apiKeys.map(({ accessKey }) => accessKey) })),
    policies: () => iam.listPolicies(one).then((a) => ({ total: a.totalCount, names: a.policies.map(({ name }) => name) })),
    projects: () => projects.listProjects({ pageSize: few }).then((a) => ({ total: a.totalCount, names: a.projects.map(({ name }) => name) })),
  };
  const { data } = useQuery({
    queryKey: ["concepts", organizationId],
    // What the reader may not list has no number; the rest is there all the same.
    queryFn: async () => Object.fromEntries(await Promise.all(Object.entries(lists).map(async ([name, load]) => [name, await load().catch(() => undefined)] as const))) as Partial<Record<Concept, Seen>>,
  });
  const sets = catalog && { total: catalog.permission_sets.length, names: catalog.permission_sets.slice(0, few).map(({ name }) => name) };
  return { ...data, ...(sets && { sets }), organization: { total: 1, names: [session.organization.name] } };
}

function ArrowLine({ arrow: { from, to }, label }: { arrow: Arrow; label: string }) {
  const [a, b] = [places[from], places[to]];
  const down = a.x === b.x;
  const [x1, y1] = down ? [a.x + boxWidth / 2, a.y + boxHeight] : [a.x + boxWidth, a.y + boxHeight / 2];
  const [x2, y2] = down ? [b.x + boxWidth / 2, b.y - 6] : [b.x - 6, b.y + boxHeight / 2];
  return (
    <>
      <path className="edge near" d={`M${x1} ${y1} L${x2} ${y2}`} markerEnd="url(#concept-arrow)" />
      <text className="edge-label" x={(x1 + x2) / 2 + (down ? 8 : 0)} y={(y1 + y2) / 2 + (down ? 4 : -10)} textAnchor={down ? "start" : "middle"}>
        {label}
      </text>
    </>
  );
}

function Diagram({ seen }: { seen: Partial<Record<Concept, Seen>> }) {
  const t = useTexts(texts);
  const locale = useLocale();
  return (
    <div className="graph" role="region" aria-label={t.diagram} tabIndex={0}>
      <svg width={920} height={490} viewBox="0 0 920 490" role="img" aria-label={t.diagram}>
        <defs>
          <marker id="concept-arrow" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" markerHeight="6" orient="auto-start-reverse">
            <path className="arrow" d="M0 0 L10 5 L0 10 z" />
          </marker>
        </defs>
        <rect className="frame" x={4} y={4} width={912} height={482} rx={12} />
        <text className="frame-label" x={20} y={34}>
          {t.organization}: {short(seen.organization?.names[0] ?? "", 60)}
        </text>
        {arrows.map((arrow) => (
          <ArrowLine key={arrow.from + arrow.to} arrow={arrow} label={t[arrow.label]} />
        ))}
        {concepts.map((concept) => {
          if (concept === "organization") return null;
          const { x, y } = places[concept];
          const one = seen[concept];
          return (
            <g key={concept} className="node layer-2" transform={`translate(${x} ${y})`}>
              <rect width={boxWidth} height={boxHeight} rx={8} />
              <text className="title" x={12} y={24}>
                {t[concept]}
              </text>
              <text x={12} y={46}>
                {one ? count(one.total, locale) : "–"}
              </text>
              <text x={12} y={68}>
                {short(one?.names[0] ?? "", 22)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const pathOf: Partial<Record<Concept, string>> = { users: "/console/users", applications: "/console/applications", groups: "/console/groups", policies: "/console/policies" };

/** What the concepts are and how they hang together, in this organization. */
export default function Concepts() {
  const t = useTexts(texts);
  const locale = useLocale();
  const seen = useCounts();
  const about = { organization: t.organizationText, users: t.usersText, applications: t.applicationsText, groups: t.groupsText, keys: t.keysText, policies: t.policiesText, sets: t.setsText, projects: t.projectsText };
  return (
    <Page title={t.title}>
      <div className="access">
        <p>{t.intro}</p>
        <Diagram seen={seen} />
        <ul className="affected concepts">
          {concepts.map((concept) => {
            const one = seen[concept];
            const to = pathOf[concept];
            return (
              <li key={concept} className="card">
                <h2>{to ? <Link to={to}>{t[concept]}</Link> : t[concept]}</h2>
                <p>{about[concept]}</p>
                <p className="soft">
                  {one ? count(one.total, locale) : t.unseen}
                  {one && one.names.length > 0 && ": "}
                  {one?.names.map((name, i) => (
                    <span key={name} dir="auto">
                      {i > 0 ? ", " : ""}
                      {short(name)}
                    </span>
                  ))}
                </p>
              </li>
            );
          })}
        </ul>
      </div>
    </Page>
  );
}
