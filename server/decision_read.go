package server

import "bailiwick/authority"

// plainRequest is a request that can read the plain JSON in which nearly all of its kind are
// written, several times faster than a library that must be ready for anything.
//
// readPlain reports whether it understood everything. If it did not, whatever the reason, it
// leaves the request as it was, and the library reads the body from its start.
//
// The attack that it must not open: a body that this reader takes and the library would
// refuse or understand in another way, because a proxy in front may check it with the rules
// of the library. So this reader refuses nothing and repairs nothing: it takes only what can
// be read in one way, and makes the same of it, which a fuzz test holds it to.
type plainRequest interface {
	readPlain(body string) bool
}

func (r *evaluationRequest) readPlain(body string) bool {
	if r.memory == nil {
		r.memory = &singleMemory{}
	}
	p, memory := plainJSON{body: body}, &r.memory.question
	p.question(memory)
	if !p.end() {
		*memory = questionMemory{}
		return false
	}
	kept := r.memory
	*r = memory.request
	r.memory = kept
	return true
}

func (r *evaluationRequest) clean() {
	if r.memory != nil {
		r.memory.question = questionMemory{}
		r.memory.body.clean()
	}
	*r = evaluationRequest{memory: r.memory}
}

func (r *evaluationRequest) bodyMemory() *bodyMemory {
	if r.memory == nil {
		r.memory = &singleMemory{}
	}
	return &r.memory.body
}

func (r *evaluationsRequest) readPlain(body string) bool {
	if r.memory == nil {
		r.memory = &batchMemory{}
	}
	p, read, memory := plainJSON{body: body}, evaluationsRequest{memory: r.memory}, r.memory
	for more := p.open(); more; more = p.next() {
		switch p.name {
		case "evaluations":
			p.bad = p.bad || read.Evaluations != nil
			read.Evaluations = p.questions(memory)
		case "options":
			p.bad = p.bad || read.Options != nil
			read.Options = p.options()
		default:
			p.member(&memory.defaults)
		}
	}
	if !p.end() {
		memory.clean()
		return false
	}
	d := &memory.defaults.request
	read.Subject, read.Action, read.Resource, read.Context = d.Subject, d.Action, d.Resource, d.Context
	*r = read
	return true
}

func (r *evaluationsRequest) clean() {
	if r.memory != nil {
		r.memory.clean()
		r.memory.body.clean()
	}
	*r = evaluationsRequest{memory: r.memory}
}

func (r *evaluationsRequest) bodyMemory() *bodyMemory {
	if r.memory == nil {
		r.memory = &batchMemory{}
	}
	return &r.memory.body
}

// questionMemory is a question with all that it points to: memory that is taken at once, where a
// hundred questions would take a thousand small pieces.
type questionMemory struct {
	request             evaluationRequest
	subject, resource   authzenEntity
	action              authzenAction
	context             authzenContext
	ip, userAgent, time string
	texts               [4]authority.Text // the properties of a resource that have a meaning of their own
}

// singleMemory is a single question, and the body that its texts lie in.
type singleMemory struct {
	body     bodyMemory
	question questionMemory
}

// batchMemory is a batch with all that it points to, and its answers.
type batchMemory struct {
	body      bodyMemory
	defaults  questionMemory
	pieces    []*[batchPiece]questionMemory // of the list
	list      []*evaluationRequest
	questions authority.Batch
	answers   []evaluationResponse
	answer    evaluationsResponse
}

// batchPiece is how many questions take memory at a time.
const batchPiece = 16

// question returns the memory of the i-th question.
func (m *batchMemory) question(i int) *questionMemory {
	if i == batchPiece*len(m.pieces) {
		m.pieces = append(m.pieces, new([batchPiece]questionMemory))
	}
	return &m.pieces[i/batchPiece][i%batchPiece]
}

func (m *batchMemory) clean() {
	m.defaults = questionMemory{}
	for i := 0; i < len(m.list); i += batchPiece {
		*m.pieces[i/batchPiece] = [batchPiece]questionMemory{}
	}
	clear(m.list)
	clear(m.answers)
	clear(m.answer.Evaluations)
	m.list, m.answers = m.list[:0], m.answers[:0]
	m.answer = evaluationsResponse{Evaluations: m.answer.Evaluations[:0]}
	m.questions.Clean()
}

// questions reads the list of a batch. A list that is too long is left to the library, which
// needs less memory for each.
func (p *plainJSON) questions(memory *batchMemory) []*evaluationRequest {
	if !p.take('[') {
		p.bad = true
	}
	for !p.bad && len(memory.list) < authority.MaxQuestions {
		q := memory.question(len(memory.list))
		memory.list = append(memory.list, &q.request)
		p.question(q) // an empty list is bad, too
		if !p.take(',') {
			p.bad = p.bad || !p.take(']')
			return memory.list
		}
	}
	p.bad = true
	return nil
}

func (p *plainJSON) options() *evaluationsOptions {
	o := &evaluationsOptions{}
	for more := p.open(); more; more = p.next() {
		if p.name == "evaluations_semantic" {
			p.text(&o.Semantic)
		} else {
			p.bad = true
		}
	}
	return o
}

func (p *plainJSON) question(into *questionMemory) {
	for more := p.open(); more; more = p.next() {
		p.member(into)
	}
}

// member reads one member of a question.
func (p *plainJSON) member(into *questionMemory) {
	r := &into.request
	switch p.name {
	case "subject":
		p.bad = p.bad || r.Subject != nil
		r.Subject = &into.subject
		p.entity(r.Subject, []authority.Text{})
	case "resource":
		p.bad = p.bad || r.Resource != nil
		r.Resource = &into.resource
		p.entity(r.Resource, into.texts[:0])
	case "action":
		p.bad = p.bad || r.Action != nil
		r.Action = &into.action
		p.action(r.Action)
	case "context":
		p.bad = p.bad || r.Context != nil
		r.Context = &into.context
		p.context(into)
	default:
		p.bad = true
	}
}

// entity reads a subject or a resource, with room for its properties.
func (p *plainJSON) entity(into *authzenEntity, room []authority.Text) {
	for more := p.open(); more; more = p.next() {
		switch p.name {
		case "type":
			p.text(&into.Type)
		case "id":
			p.text(&into.ID)
		case "properties":
			p.bad = p.bad || into.texts != nil
			into.texts = p.properties(room)
		default:
			p.bad = true
		}
	}
}

func (p *plainJSON) action(into *authzenAction) {
	for more := p.open(); more; more = p.next() {
		if p.name == "name" {
			p.text(&into.Name)
		} else {
			p.bad = true
		}
	}
}

func (p *plainJSON) context(into *questionMemory) {
	c := &into.context
	for more := p.open(); more; more = p.next() {
		switch p.name {
		case "ip":
			p.text(&into.ip)
			c.IP = &into.ip
		case "user_agent":
			p.text(&into.userAgent)
			c.UserAgent = &into.userAgent
		case "time":
			p.text(&into.time)
			c.Time = &into.time
		default:
			p.bad = true
		}
	}
}

// maxTexts bounds the properties of a plain resource, as each is compared with all others.
const maxTexts = 16

// properties appends properties to an empty list, which is not nil: so that none is not absent.
func (p *plainJSON) properties(list []authority.Text) []authority.Text {
	for more := p.open(); more; more = p.next() {
		property := authority.Text{Name: p.name}
		p.text(&property.Value)
		for i := range list {
			p.bad = p.bad || list[i].Name == property.Name
		}
		p.bad = p.bad || len(list) == maxTexts
		list = append(list, property)
	}
	return list
}
