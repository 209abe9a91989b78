import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { DataTable } from "../../ui/DataTable";
import { FormDialog } from "../../ui/FormDialog";
import { EmptyState, Page } from "../../ui/Page";
import { deviceOf } from "./device";
import { texts } from "./texts";

type JWT = Iamv1alpha1.JWT;

/** Every session of the user but the one in use, also those on further pages. */
async function others(iam: Iamv1alpha1.API, audienceId: string, own: string): Promise<JWT[]> {
  const all = await iam.listJWTs({ audienceId, expired: false, pageSize: 100 }).all();
  return all.filter((one) => one.jti !== own);
}

/** Asks, and ends one session, or all but the one in use. */
function EndDialog({ ended, onClose }: { ended: JWT | "others"; onClose: () => void }) {
  const t = useTexts(texts);
  const { iam, session } = useConsole();
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: async () => {
      const list = ended === "others" ? await others(iam, session.user.id, session.session_id) : [ended];
      for (const one of list) await iam.deleteJWT({ jti: one.jti });
    },
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
  const all = ended === "others";
  return (
    <FormDialog title={all ? t.endOthersTitle : t.endTitle} action={all ? t.endOthers : t.end} onSubmit={() => end.mutate()} onClose={onClose} pending={end.isPending} error={end.error}>
      <p>{all ? t.endOthersText : ended.jti === session.session_id ? t.endOwnText : t.endText}</p>
    </FormDialog>
  );
}

/** The sessions of who is signed in. */
export default function Sessions() {
  const t = useTexts(texts);
  const locale = useLocale();
  const { iam, session } = useConsole();
  const [ended, setEnded] = useState<JWT | "others">();
  return (
    <Page title={t.title} actions={<Action onClick={() => setEnded("others")}>{t.endOthers}</Action>}>
      <p>{t.intro}</p>
      <DataTable<JWT>
        caption={t.title}
        queryKey={["sessions", session.user.id]}
        defaultOrder="created_at_desc"
        rowKey={(row) => row.jti}
        load={async ({ page, pageSize, orderBy }) => {
          const answer = await iam.listJWTs({ audienceId: session.user.id, expired: false, page, pageSize, orderBy: orderBy as Iamv1alpha1.ListJWTsRequestOrderBy });
          return { rows: answer.jwts, total: answer.totalCount };
        }}
        columns={[
          {
            id: "device",
            header: t.device,
            cell: (row) => (
              <>
                <strong dir="auto">{deviceOf(row.userAgent) || t.unknownDevice}</strong> {row.jti === session.session_id && <span className="mark mark-good">{t.current}</span>}
                <span dir="auto" className="soft">
                  {row.userAgent}
                </span>
              </>
            ),
          },
          { id: "address", header: t.address, cell: (row) => <code>{row.ip}</code> },
          { id: "opened", header: t.opened, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (row) => dateTime(row.createdAt, locale) },
          { id: "used", header: t.used, order: { asc: "updated_at_asc", desc: "updated_at_desc" }, cell: (row) => dateTime(row.updatedAt, locale) },
          { id: "ends", header: t.ends, cell: (row) => dateTime(row.expiresAt, locale) },
        ]}
        actions={(row) => (
          <Action size="small" label={row.jti === session.session_id ? t.endOwn : t.endOf(deviceOf(row.userAgent) || t.unknownDevice, dateTime(row.createdAt, locale))} onClick={() => setEnded(row)}>
            {t.end}
          </Action>
        )}
        empty={<EmptyState title={t.emptyTitle}>{t.emptyText}</EmptyState>}
      />
      <p>
        {t.factors} <a href="/security">{t.factorsLink}</a>
      </p>
      {ended && <EndDialog ended={ended} onClose={() => setEnded(undefined)} />}
    </Page>
  );
}
