package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// expand returns the permissions that an entry of a set means, or what is wrong with it.
// Name and action may be "*"; the service may not, so that no set ever widens by itself
// when a product is added.
//
// "*" passes over the permissions that are unassigned. Otherwise closing an organization,
// or making an API key in another user's name, would one day come with "iam:*:*".
func (b *builder) expand(entry string) (numbers []Number, problem string) {
	parts := strings.Split(entry, ":")
	if len(parts) != 3 {
		return nil, fmt.Sprintf("%q is not of the form service:name:action", entry)
	}
	service, name, action := parts[0], parts[1], parts[2]
	if service == "*" {
		return nil, fmt.Sprintf("%q: the service cannot be *", entry)
	}
	if name != "*" && action != "*" {
		n, known := b.c.numbers[entry]
		if !known {
			return nil, fmt.Sprintf("unknown permission %q", entry)
		}
		if reason, ok := b.c.unassigned[entry]; ok {
			return nil, fmt.Sprintf("permission %s cannot be in a set: unassigned, %q", entry, reason)
		}
		return []Number{n}, ""
	}
	if _, known := b.services[service]; !known {
		return nil, fmt.Sprintf("%q: unknown service %q", entry, service)
	}
	start, _ := slices.BinarySearch(b.c.names, service+":")
	for i, permission := range b.c.names[start:] {
		rest, ok := strings.CutPrefix(permission, service+":")
		if !ok {
			break
		}
		n, a, _ := strings.Cut(rest, ":")
		_, unassigned := b.c.unassigned[permission]
		if (name == "*" || n == name) && (action == "*" || a == action) && !unassigned {
			numbers = append(numbers, Number(start+i))
		}
	}
	if len(numbers) == 0 {
		return nil, fmt.Sprintf("%q matches no permission", entry)
	}
	return numbers, ""
}
