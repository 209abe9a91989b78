import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { findPrincipal, type Principal } from "../../access/principals";
import { findProjects, useAllProjects } from "../../access/projects";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { TextField } from "../../ui/Field";
import { type DocumentFault, isParsed, parseDocument, projectTexts, toDocument, withPrincipal } from "./document";
import { type Draft, projectIds } from "./draft";
import { editorTexts } from "./editorTexts";

type Outcome = { draft: Draft } | { faults: string[] };

function useFaultText(): (fault: DocumentFault) => string {
  const t = useTexts(editorTexts);
  const texts = {
    json: t.faultJson,
    object: t.faultObject,
    text: t.faultText,
    texts: t.faultTexts,
    list: t.faultList,
    member: t.faultMember,
    scope: t.faultScope,
    principals: t.faultPrincipals,
    project: t.faultProject,
    projects: t.faultProjects,
  };
  return ({ at, kind }) => (kind === "json" ? `${texts.json}: ${at}` : `${at} ${texts[kind]}`.trim());
}

function useApply(draft: Draft, text: string, onChange: (draft: Draft) => void) {
  const t = useTexts(editorTexts);
  const clients = useConsole();
  const { data: projects = [] } = useAllProjects(projectIds(draft));
  const fault = useFaultText();
  const read = async (): Promise<Outcome> => {
    const parsed = parseDocument(text, [...projects, ...(await findProjects(clients, projects, projectTexts(text)))]);
    if (!isParsed(parsed)) return { faults: parsed.map(fault) };
    const wanted = parsed.principal;
    let principal: Principal | undefined;
    if (wanted && wanted.type === draft.principal?.type && wanted.text === draft.principal.name) principal = draft.principal;
    else if (wanted) {
      const found = await findPrincipal(clients, wanted.type, wanted.text);
      if (found.length !== 1) return { faults: [found.length === 0 ? t.faultPrincipalNone(wanted.text) : t.faultPrincipalMany(wanted.text)] };
      principal = found[0];
    }
    return { draft: withPrincipal(parsed, principal) };
  };
  return useMutation({
    mutationFn: read,
    onSuccess: (outcome) => {
      if ("draft" in outcome) onChange(outcome.draft);
    },
  });
}

/** The policy as JSON, to read, copy and change. */
export function JsonView({ draft, onChange, readOnly }: { draft: Draft; onChange: (draft: Draft) => void; readOnly: boolean }) {
  const t = useTexts(editorTexts);
  const { data: projects = [] } = useAllProjects(projectIds(draft));
  const [typed, setTyped] = useState<string>();
  const text = typed ?? toDocument(draft, projects);
  const apply = useApply(draft, text, (next) => {
    onChange(next);
    setTyped(undefined);
  });
  const outcome = apply.data;
  return (
    <section className="json">
      <TextField label={t.jsonLabel} help={t.jsonHelp} rows={18} value={text} onChange={setTyped} />
      {!readOnly && (
        <Action onClick={() => apply.mutate()} disabled={typed === undefined} loading={apply.isPending}>
          {t.apply}
        </Action>
      )}
      <div role="status">
        {outcome && "draft" in outcome && typed === undefined && <p>{t.applied}</p>}
        {outcome && "faults" in outcome && (
          <div className="field-error">
            <p>{t.jsonFaults}</p>
            <ul>
              {outcome.faults.map((one) => (
                <li key={one} dir="auto">
                  {one}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      {apply.error && <ApiError error={apply.error} />}
    </section>
  );
}
