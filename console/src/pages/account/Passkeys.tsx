import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { faultOf } from "../../api/fault";
import { useLocale, useTexts } from "../../i18n";
import { day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import { type Passkey, removePasskey, renamePasskey } from "./passkey";
import { texts } from "./texts";

function RenameDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useTexts(texts);
  const cache = useQueryClient();
  const [name, setName] = useState(passkey.name);
  const save = useMutation({
    mutationFn: () => renamePasskey(passkey.id, name),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["factors"] });
    },
  });
  return (
    <FormDialog title={t.renameTitle} action={t.save} onSubmit={() => save.mutate()} onClose={onClose} pending={save.isPending} error={save.error}>
      <Field label={t.name} value={name} onChange={setName} required error={save.error ? faultOf(save.error).fields["authenticator_name"] : undefined} />
    </FormDialog>
  );
}

function RemoveDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useTexts(texts);
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removePasskey(passkey.id),
    onSuccess: async () => {
      onClose();
      await Promise.all([cache.invalidateQueries({ queryKey: ["factors"] }), cache.invalidateQueries({ queryKey: ["sessions"] })]);
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(passkey.name)} word={passkey.name} action={t.remove} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

/** The reader's passkeys. New ones are made on the server's own page, which needs none of the console. */
export function Passkeys({ passkeys }: { passkeys: readonly Passkey[] }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const [renamed, setRenamed] = useState<Passkey>();
  const [removed, setRemoved] = useState<Passkey>();
  return (
    <>
      <h3>{t.passkeys}</h3>
      <p className="soft">{t.passkeysText}</p>
      {passkeys.length === 0 ? (
        <p>{t.passkeysNone}</p>
      ) : (
        <ul className="rows">
          {passkeys.map((one) => (
            <li key={one.id}>
              <span>
                <strong dir="auto">{one.name}</strong>
                <span className="soft">
                  {t.added(day(one.created_at ?? undefined, locale))} · {one.last_login_at ? t.used(day(one.last_login_at, locale)) : t.neverUsed}
                </span>
              </span>
              <span>
                <Action size="small" label={t.renameOf(one.name)} onClick={() => setRenamed(one)}>
                  {t.rename}
                </Action>{" "}
                <Action size="small" label={t.removeOf(one.name)} onClick={() => setRemoved(one)}>
                  {t.remove}
                </Action>
              </span>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a href="/security">{t.passkeyAdd}</a>
      </p>
      {renamed && <RenameDialog passkey={renamed} onClose={() => setRenamed(undefined)} />}
      {removed && <RemoveDialog passkey={removed} onClose={() => setRemoved(undefined)} />}
    </>
  );
}
