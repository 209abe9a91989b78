import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Field } from "../../ui/Field";
import { Panel } from "../../ui/Panel";
import { texts } from "./texts";

const pattern = /^[a-z0-9]{2,32}$/;

/** The short name of the organization, which can be set once. */
export function Alias({ organization }: { organization: Iamv1alpha1.Organization }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const cache = useQueryClient();
  const can = useCan("iam:organization:write");
  const [alias, setAlias] = useState("");
  const [asked, setAsked] = useState(false);
  const save = useMutation({
    mutationFn: () => iam.setOrganizationAlias({ organizationId, alias }),
    onSuccess: (answer) => cache.setQueryData(["organization", organizationId], answer),
    onSettled: () => setAsked(false),
  });
  if (organization.alias) {
    const address = `${location.origin}/login?organization=${organization.alias}`;
    return (
      <section className="card panel" aria-labelledby="alias">
        <h2 id="alias">{t.alias}</h2>
        <p>
          <strong>{organization.alias}</strong>
        </p>
        <p>
          {t.aliasSet} <code>{address}</code>
        </p>
      </section>
    );
  }
  const fault = alias !== "" && !pattern.test(alias) ? t.aliasFault : undefined;
  const taken = save.error && faultOf(save.error).status === 409;
  return (
    <>
      <Panel
        title={t.alias}
        can={can}
        action={t.aliasAction}
        onSubmit={() => setAsked(true)}
        pending={save.isPending}
        error={taken ? undefined : save.error}
        saved={false}
        disabled={!pattern.test(alias)}
      >
        <p className="soft">
          {t.aliasText} {t.aliasNone}
        </p>
        <Field
          label={t.aliasLabel}
          help={t.aliasHelp}
          value={alias}
          spellCheck={false}
          onChange={(value) => {
            save.reset();
            setAlias(value);
          }}
          error={taken ? t.aliasTaken : fault}
        />
      </Panel>
      {asked && (
        <ConfirmDialog title={t.aliasTitle(alias)} word={alias} action={t.aliasAction} onConfirm={() => save.mutate()} onClose={() => setAsked(false)} pending={save.isPending}>
          <p>{t.aliasConfirm}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
