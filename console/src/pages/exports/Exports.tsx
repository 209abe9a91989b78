import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useLocale, useTexts } from "../../i18n";
import { dateTime, day } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { EmptyState, Page } from "../../ui/Page";
import { Tags } from "../../ui/Tags";
import { JobDialog } from "./JobDialog";
import { texts } from "./texts";

type Job = AuditTrailv1alpha1.ExportJob;

const interval = 5000;

function RemoveDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const t = useTexts(texts);
  const { trail } = useConsole();
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => trail.deleteExportJob({ exportJobId: job.id }),
    onSuccess: async () => {
      onClose();
      await cache.invalidateQueries({ queryKey: ["export-jobs"] });
    },
  });
  return (
    <ConfirmDialog title={t.removeTitle(job.name)} word={job.name} onConfirm={() => remove.mutate()} onClose={onClose} pending={remove.isPending} error={remove.error}>
      <p>{t.removeText}</p>
    </ConfirmDialog>
  );
}

/** How the last run of a job ended, and why it failed if it did. */
function LastRun({ job }: { job: Job }) {
  const t = useTexts(texts);
  const locale = useLocale();
  if (!job.lastRunAt) return <span className="mark">{t.waiting}</span>;
  const failed = job.lastStatus?.code === "failure";
  return (
    <>
      <span className={`mark ${failed ? "mark-bad" : "mark-good"}`}>{failed ? t.failed : t.succeeded}</span>
      <span className="soft">{dateTime(job.lastRunAt, locale)}</span>
      {failed && (
        <span className="soft" lang="en" dir="auto">
          {job.lastStatus?.message}
        </span>
      )}
      {failed && <span className="soft">{t.again}</span>}
    </>
  );
}

function useColumns() {
  const t = useTexts(texts);
  const locale = useLocale();
  return [
    {
      id: "name",
      header: t.job,
      order: { asc: "name_asc", desc: "name_desc" },
      cell: (job: Job) => (
        <>
          <strong dir="auto">{job.name}</strong>
          <Tags tags={job.tags} />
        </>
      ),
    },
    {
      id: "bucket",
      header: t.destination,
      cell: (job: Job) => (
        <>
          <code dir="ltr">{[job.s3?.bucket, job.s3?.prefix?.replace(/\/$/, "")].filter(Boolean).join("/")}</code>
          <span className="soft">{job.s3?.region}</span>
        </>
      ),
    },
    { id: "run", header: t.lastRun, cell: (job: Job) => <LastRun job={job} /> },
    { id: "created", header: t.created, order: { asc: "created_at_asc", desc: "created_at_desc" }, cell: (job: Job) => day(job.createdAt, locale) },
  ];
}

/** Whether there is a job already: a region has one at most. Until it has run, the table is read again and again. */
function useThere(): boolean {
  const { trail, organizationId } = useConsole();
  const cache = useQueryClient();
  const { data } = useQuery({
    queryKey: ["export-jobs", organizationId, "there"],
    queryFn: async () => (await trail.listExportJobs({ organizationId, pageSize: 1 })).exportJobs,
    retry: false,
  });
  const waits = data?.some((job) => !job.lastRunAt) ?? false;
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => void cache.invalidateQueries({ queryKey: ["export-jobs"] }), interval);
    return () => clearInterval(timer);
  }, [waits, cache]);
  return (data?.length ?? 0) > 0;
}

/** The jobs that write the audit trail into a bucket, day by day. */
export default function Exports() {
  const t = useTexts(texts);
  const { trail, organizationId } = useConsole();
  const [creates, setCreates] = useState(false);
  const [removed, setRemoved] = useState<Job>();
  const mayCreate = useCan("audit_trail:export_job:create");
  const mayDelete = useCan("audit_trail:export_job:delete");
  const there = useThere();
  const create = (
    <Action kind="primary" can={mayCreate} disabled={there} onClick={() => setCreates(true)}>
      {t.create}
    </Action>
  );
  return (
    <Page title={t.title} actions={create}>
      <p>
        {t.intro} {there && t.one}
      </p>
      <DataTable<Job>
        caption={t.title}
        queryKey={["export-jobs", organizationId]}
        defaultOrder="name_asc"
        rowKey={(job) => job.id}
        load={async ({ page, pageSize, orderBy }) => {
          const answer = await trail.listExportJobs({ organizationId, page, pageSize, orderBy: orderBy as AuditTrailv1alpha1.ListExportJobsRequestOrderBy });
          return { rows: answer.exportJobs, total: answer.totalCount };
        }}
        columns={useColumns()}
        actions={(job) => (
          <Action size="small" can={mayDelete} label={t.removeOf(job.name)} onClick={() => setRemoved(job)}>
            {t.remove}
          </Action>
        )}
        empty={
          <EmptyState title={t.emptyTitle} action={create}>
            {t.emptyText}
          </EmptyState>
        }
      />
      {creates && <JobDialog onClose={() => setCreates(false)} />}
      {removed && <RemoveDialog job={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  );
}
