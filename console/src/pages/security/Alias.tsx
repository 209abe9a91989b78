import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Field } from "../../ui/Field";
import { useSave } from "./Section";
import styles from "./security.module.css";
import { texts } from "./texts";

const form = /^[a-z0-9]{2,32}$/;

/** The short name of the organization, which is set once. */
export function Alias({ organization }: { organization: Iamv1alpha1.Organization }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const can = useCan("iam:organization:write");
  const [alias, setAlias] = useState("");
  const [asked, setAsked] = useState(false);
  const saving = useSave(async () => {
    await iam.setOrganizationAlias({ organizationId, alias });
    setAsked(false);
  });
  return (
    <section className={`card ${styles["section"]}`} aria-labelledby="alias">
      <h2 id="alias">{t.alias}</h2>
      <p className="soft">{t.aliasText}</p>
      {organization.alias ? (
        <p>{t.aliasSet(organization.alias)}</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            saving.reset();
            if (form.test(alias)) setAsked(true);
          }}
        >
          <fieldset className={styles["fields"]} disabled={!can.allowed}>
            <Field label={t.aliasLabel} value={alias} onChange={setAlias} help={t.aliasHelp} spellCheck={false} error={alias !== "" && !form.test(alias) ? t.aliasHelp : undefined} />
          </fieldset>
          <Action type="submit" can={can} disabled={!form.test(alias)}>
            {t.aliasAction}
          </Action>
        </form>
      )}
      {asked && (
        <ConfirmDialog title={t.aliasTitle(alias)} word={alias} action={t.aliasAction} onConfirm={() => saving.mutate()} onClose={() => setAsked(false)} pending={saving.isPending} error={saving.error}>
          <p>{t.aliasWarning}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
