import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useId, useState } from "react";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Copy } from "../../ui/Copy";
import { download } from "../../ui/copy";
import { Dialog } from "../../ui/Dialog";
import { SelectField } from "../../ui/Field";
import { keyFiles } from "./files";
import styles from "./keys.module.css";
import { texts } from "./texts";

function Value({ label, value, copyLabel }: { label: string; value: string; copyLabel: string }) {
  return (
    <div className={styles["value"]}>
      <dt>{label}</dt>
      <dd>
        <code>{value}</code> <Copy text={value} label={copyLabel} />
      </dd>
    </div>
  );
}

/** Shows a new key with its secret, this once. Escape does not close it: the secret would be gone. */
export function SecretDialog({ created, onClose }: { created: Iamv1alpha1.APIKey; onClose: () => void }) {
  const t = useTexts(texts);
  const { organizationId } = useConsole();
  const id = useId();
  const secretKey = created.secretKey ?? "";
  const files = keyFiles({ accessKey: created.accessKey, secretKey, organizationId, projectId: created.defaultProjectId, apiUrl: location.origin });
  const [shown, setShown] = useState("env");
  const file = files.find((one) => one.id === shown);
  return (
    <Dialog title={t.secretTitle} onClose={() => undefined} wide>
      <p>{t.secretText}</p>
      <dl className={styles["values"]}>
        <Value label={t.accessKey} value={created.accessKey} copyLabel={t.copyAccess} />
        <Value label={t.secretKey} value={secretKey} copyLabel={t.copySecret} />
      </dl>
      <SelectField label={t.files} value={shown} onChange={setShown} options={files.map((one) => ({ value: one.id, label: one.place }))} />
      {file && (
        <div>
          <h3 id={id} className="hidden">
            {file.place}
          </h3>
          <pre className={styles["file"]} tabIndex={0} role="region" aria-labelledby={id}>
            {file.text}
          </pre>
          <div className={styles["row"]}>
            <Copy key={file.id} text={file.text} label={t.copyFile(file.place)} />
            <Action size="small" label={t.downloadFile(file.place)} onClick={() => download(file.name, "text/plain", file.text)}>
              {t.download}
            </Action>
          </div>
        </div>
      )}
      <div className="dialog-actions">
        <Action kind="primary" onClick={onClose}>
          {t.secretDone}
        </Action>
      </div>
    </Dialog>
  );
}
