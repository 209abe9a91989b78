package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// object is a JSON object of the document.
type object = map[string]any

// openAPI returns the OpenAPI 3.1 description of the operations. It is made from the table
// and the types that the codec reads and writes, so it cannot differ from what is served.
func openAPI(operations []operation) ([]byte, error) {
	schemas := newSchemas()
	paths := object{}
	for _, op := range operations {
		item, _ := paths[op.Path].(object)
		if item == nil {
			item = object{}
			paths[op.Path] = item
		}
		described, err := schemas.operation(op)
		if err != nil {
			return nil, err
		}
		item[strings.ToLower(op.Method)] = described
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Bailiwick",
			"version":     "v1alpha1",
			"description": "Identity and access management: the IAM, Account and Audit Trail APIs of Scaleway, and access decisions (AuthZEN 1.0).",
		},
		"paths": paths,
		"components": object{
			"schemas":         schemas.named,
			"responses":       object{"Error": object{"description": "What went wrong. Clients look at type first.", "content": schemas.content(schemas.of(typeOf[errorBody]()))}},
			"securitySchemes": securitySchemes(),
		},
	}, json.Deterministic(true))
}

func securitySchemes() object {
	return object{
		"secret_key":     object{"type": "apiKey", "in": "header", "name": headerSecretKey, "description": "The secret half of an API key."},
		"session":        object{"type": "apiKey", "in": "header", "name": headerSession, "description": "The token of a session."},
		"operator_token": object{"type": "http", "scheme": "bearer", "description": "The token of who runs the installation."},
	}
}

// security returns the credentials that a class stands for, each enough on its own.
func (a access) security() []object {
	principal := []object{{"secret_key": []string{}}, {"session": []string{}}}
	operator := []object{{"operator_token": []string{}}}
	switch a {
	case accessPrincipal:
		return principal
	case accessOperator:
		return operator
	case accessEither:
		return append(principal, operator...)
	default:
		return []object{}
	}
}

// operation describes one line of the table.
func (s *schemas) operation(op operation) (object, error) {
	p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
	if err != nil {
		return nil, err
	}
	out := object{
		"operationId": op.Name,
		"tags":        []string{tag(op.Path)},
		"security":    op.Access.security(),
		"x-tenant":    op.Tenant.String(),
		"responses":   s.responses(op),
	}
	if op.Permission != anyCaller {
		out["x-permission"] = op.Permission
	}
	if op.mutates() {
		out["x-audit-method"] = op.Audit.Service + "/" + op.Audit.Method
	}
	if !op.Endpoint.implemented() {
		out["description"] = "Not implemented: answers 501."
	}
	if parameters := s.parameters(p); len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if len(p.body) > 0 {
		out["requestBody"] = object{"content": s.content(s.body(p))}
	}
	return out, nil
}

// tag groups operations by the API that they belong to.
func tag(path string) string {
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func (s *schemas) responses(op operation) object {
	out := object{"default": object{"$ref": "#/components/responses/Error"}}
	if op.Endpoint.out == nil {
		out[strconv.Itoa(http.StatusNoContent)] = object{"description": "Done."}
		return out
	}
	done := object{"description": "Done.", "content": s.content(s.of(op.Endpoint.out))}
	if op.Endpoint.warns {
		done["headers"] = object{headerWarnings: object{
			"description": "What the conditions do that may not be meant: rules[0]: breaks_listing; rules[2]: never_true, mutable_name.",
			"schema":      object{"type": "string"},
		}}
	}
	out[strconv.Itoa(http.StatusOK)] = done
	return out
}

func (s *schemas) content(schema object) object {
	return object{contentType: object{"schema": schema}}
}

func (s *schemas) parameters(p *plan) []object {
	var out []object
	for _, f := range p.path {
		out = append(out, object{"name": f.name, "in": "path", "required": true, "schema": s.field(p.in.Field(f.index).Type, f)})
	}
	for _, f := range p.query {
		out = append(out, object{"name": f.name, "in": "query", "schema": s.field(p.in.Field(f.index).Type, f)})
	}
	return out
}
