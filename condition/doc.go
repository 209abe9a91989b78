// Package condition compiles and evaluates the conditions of policy rules: boolean CEL
// expressions over the request and over the resource that it is about.
//
//	request.ip          string     the caller's address; an IPv4-mapped address reads as IPv4
//	request.time        timestamp  when the request is decided
//	request.user_agent  string     cut at 255 characters
//	resource.id         string     absent on list calls
//	resource.locality   string     a zone, a region or "global"
//	resource.name       string
//	inIpRange(ip string, cidr string) bool
//
// and, where every permission of the rule is of a resource with attributes,
//
//	subject.properties   map(string, dyn)  read by key only; numbers are doubles
//	resource.properties  map(string, dyn)
//	action.properties    map(string, dyn)
//
// beside the functions, operators and macros of standard CEL. Choices:
//
//   - The names are declared as dotted variables, not as fields of maps. Any other name is
//     therefore refused when the condition is written, and every type but that of a property
//     is known.
//   - Reading an absent variable is an error, never a default value: with a default,
//     !(resource.name.startsWith("/prod")) would grant on every list call. An error of the
//     whole condition means that its rule does not apply. CEL's absorption is kept: an
//     operand of || that is true, or of && that is false, decides whatever the other does.
//     has(name) tells whether a variable is present and never fails.
//   - Whoever writes a policy is not trusted with the server's time. A condition is refused
//     when it is written if it is too long, too deep, or if its worst case would not fit the
//     cost limit; regular expressions and time zones are fixed in the text, so that their
//     work is known; what remains (loops) is stopped when it is evaluated. Whoever asks for a
//     decision is not trusted either: a property beyond 1024 bytes in a text or 100 elements
//     in its lists and maps cannot be read, and the worst case is reckoned with those.
//   - Most conditions compile to a tree of Go closures, see fast.go. It decides exactly as
//     CEL does, which a differential fuzz test checks; any form that it does not know sends
//     the whole condition to cel-go.
//   - Check also tells the writer of a condition what it does not seem to mean: that it is
//     always or never true, that it fails on list calls, and so on. It claims only what holds
//     for every input, see formula.go.
//
// The package does no I/O after compilation and holds no state beside what a Compiler keeps.
package condition
