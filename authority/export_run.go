package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

const (
	exportDay   = 24 * time.Hour
	exportHold  = 10 * time.Minute // a node has this long for one object
	exportDelay = 5 * time.Minute  // after midnight, when no transaction of the day before is under way
	exportPage  = 1000             // events of one look at the database
	exportPart  = 10               // pages of one object
	exportPause = time.Minute      // after the first run that failed; twice as long each time
	exportRest  = time.Hour
)

// RunExports runs the export jobs that are due, one by one, until there is none or the context
// ends. An object is named by what is in it, and the same events make the same bytes: what is
// written again, because a node ended after writing and before saying so, changes nothing.
func (a *Authority) RunExports(ctx context.Context, put func(context.Context, iam.ExportObject) error) error {
	for ctx.Err() == nil {
		var j iam.ExportJob
		tries := 0
		err := a.store.Record(ctx, func(tx *store.Tx) (err error) {
			j, tries, err = tx.HoldExportJob(exportHold)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		outcome := a.runExport(ctx, &j, put)
		if ctx.Err() != nil {
			return nil // the job is taken up again when its hold ends
		}
		if err := a.endExport(ctx, j, tries, outcome); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// endExport stores how a run ended. A failure is told once, not at each try.
func (a *Authority) endExport(ctx context.Context, j iam.ExportJob, tries int, outcome error) error {
	now := a.now()
	j.LastRunAt, j.Failed, j.Message = now, outcome != nil, ""
	until, name := dayOf(now).Add(exportDay+exportDelay), "export"
	if outcome != nil {
		a.log.Warn("an export job failed", "organization_id", j.OrganizationID, "export_job_id", string(j.ID), "tries", tries, "error", outcome)
		wait := exportPause
		for range min(tries, 10) - 1 {
			wait = min(2*wait, exportRest)
		}
		j.Message, until, name = outcome.Error(), now.Add(wait), "export-failed"
	}
	return a.store.Record(ctx, func(tx *store.Tx) error {
		kept := tries
		if outcome == nil {
			kept = 0
		}
		if err := tx.EndExportJob(j, kept, until); err != nil || outcome != nil && tries > 1 {
			return err
		}
		return recordSystem(tx, iam.SystemEvent{
			OrganizationID: j.OrganizationID, Kind: iam.SystemEventCron, Source: "exports", Name: name, Product: "audit-trail",
			Resources: []iam.EventResource{exportJobResource(j)},
		})
	})
}

// runExport writes the days that are over, from the place of the job on.
func (a *Authority) runExport(ctx context.Context, j *iam.ExportJob, put func(context.Context, iam.ExportObject) error) error {
	if err := a.mayWriteTo(j.OrganizationID, j.Bucket.Name); err != nil {
		return errors.New("the operator does not allow this bucket any more")
	}
	if over := dayOf(a.now().Add(-exportDelay)); j.Region != a.region {
		j.Place = iam.ExportPlace{Day: over} // nothing happens there
	}
	for j.Place.Day.Before(dayOf(a.now().Add(-exportDelay))) {
		body, last, more, err := a.exportEvents(ctx, *j)
		if err != nil {
			return errors.New("the events cannot be read")
		}
		if len(body) > 0 {
			if err := put(ctx, iam.ExportObject{Bucket: j.Bucket.Name, Region: j.Bucket.Region, Key: exportKey(*j), Body: body}); err != nil {
				return err
			}
		}
		empty := len(body) == 0
		if more {
			j.Place.Part, j.Place.Sequence = j.Place.Part+1, last
		} else {
			j.Place = iam.ExportPlace{Day: j.Place.Day.Add(exportDay)}
		}
		if empty {
			continue // days without events need no place of their own
		}
		if err := a.moveExport(ctx, *j); err != nil {
			return err
		}
	}
	return a.moveExport(ctx, *j)
}

func (a *Authority) moveExport(ctx context.Context, j iam.ExportJob) error {
	err := a.store.Record(ctx, func(tx *store.Tx) error { return tx.MoveExportJob(j, tx.Now.Add(exportHold)) })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return errors.New("the progress cannot be stored")
	}
	return err
}

// exportEvents returns the events of the next part as JSON lines, the sequence of the last, and
// whether the day has more.
func (a *Authority) exportEvents(ctx context.Context, j iam.ExportJob) (body []byte, last int64, more bool, err error) {
	f := iam.EventFilter{
		OrganizationID: j.OrganizationID, After: j.Place.Day, Before: j.Place.Day.Add(exportDay), Ascending: true, Size: exportPage, Cursor: j.Place.Sequence,
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // ends each value with a newline
	encoder.SetEscapeHTML(false)
	for range exportPart {
		events, err := a.store.Read(ctx).Events(f)
		if err != nil {
			return nil, 0, false, err
		}
		for _, e := range events {
			if err := encoder.Encode(exportLine(e, a.region)); err != nil {
				return nil, 0, false, fmt.Errorf("event %s: %w", e.ID, err)
			}
			f.Cursor = e.Sequence
		}
		if len(events) < f.Size {
			return out.Bytes(), f.Cursor, false, nil
		}
	}
	return out.Bytes(), f.Cursor, true, nil
}

// exportKey names an object: prefix/YYYY/MM/DD/logs_xxxxxxxxx.json. The nine characters are made
// of what the object holds, so that no two organizations or regions that share a bucket and a
// prefix write the same object.
func exportKey(j iam.ExportJob) string {
	day := j.Place.Day.Format("2006/01/02")
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %d", j.OrganizationID, j.Region, day, j.Place.Part))
	name := "logs_" + strings.ToLower(base32.StdEncoding.EncodeToString(digest[:]))[:9] + ".json"
	if prefix := strings.TrimSuffix(j.Bucket.Prefix, "/"); prefix != "" {
		return prefix + "/" + day + "/" + name
	}
	return day + "/" + name
}

// The lines of an export have the members of the API's events.
type (
	exportedEvent struct {
		ID             string             `json:"id"`
		RecordedAt     time.Time          `json:"recorded_at"`
		Locality       string             `json:"locality"`
		Principal      exportedPrincipal  `json:"principal"`
		OrganizationID string             `json:"organization_id"`
		ProjectID      *string            `json:"project_id"`
		SourceIP       *string            `json:"source_ip"`
		UserAgent      *string            `json:"user_agent"`
		ProductName    string             `json:"product_name"`
		ServiceName    string             `json:"service_name"`
		MethodName     string             `json:"method_name"`
		Resources      []exportedResource `json:"resources"`
		RequestID      string             `json:"request_id"`
		RequestBody    json.RawMessage    `json:"request_body"`
		StatusCode     int                `json:"status_code"`
	}

	exportedPrincipal struct {
		ID string `json:"id"`
	}

	exportedResource struct {
		ID        string     `json:"id"`
		Type      string     `json:"type"`
		CreatedAt *time.Time `json:"created_at"`
		UpdatedAt *time.Time `json:"updated_at"`
		DeletedAt *time.Time `json:"deleted_at"`
		Name      *string    `json:"name"`
		Action    *string    `json:"action"`
	}
)

func exportLine(e iam.Event, region string) exportedEvent {
	body := json.RawMessage(e.Body)
	if len(body) == 0 {
		body = json.RawMessage("{}")
	}
	line := exportedEvent{
		ID: e.ID, RecordedAt: e.RecordedAt, Locality: region, Principal: exportedPrincipal{e.Principal.ID}, OrganizationID: string(e.OrganizationID),
		ProjectID: orNull(string(e.ProjectID)), SourceIP: orNull(e.SourceIP), UserAgent: orNull(e.UserAgent), ProductName: e.Product,
		ServiceName: e.Service, MethodName: e.Method, Resources: []exportedResource{}, RequestID: e.RequestID, RequestBody: body, StatusCode: e.StatusCode,
	}
	for _, r := range e.Resources {
		line.Resources = append(line.Resources, exportedResource{
			r.ID, string(r.Type), timeOrNull(r.CreatedAt), timeOrNull(r.UpdatedAt), timeOrNull(r.DeletedAt), orNull(r.Name), orNull(string(r.Action)),
		})
	}
	return line
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
