package identity

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The lengths of a password, in code points after normalisation (NIST SP 800-63B-4,
// 3.1.1.2): at least 15 where the password may be the only factor, at least 8 where a second
// factor is always asked for. The standard wants 64 to be allowed; the upper bound is there
// so that nobody hashes a book.
const (
	MinPasswordLength    = 15
	MinPasswordLengthMFA = 8
	MaxPasswordLength    = 256
)

// PasswordReason is why a password is refused, from a closed list.
type PasswordReason string

// The reasons.
const (
	PasswordForm    PasswordReason = "form"    // not UTF-8, or a control character
	PasswordLength  PasswordReason = "length"  // too short or too long
	PasswordCommon  PasswordReason = "common"  // known from leaks
	PasswordPattern PasswordReason = "pattern" // repetition or sequence
	PasswordContext PasswordReason = "context" // made of the names around it
)

// WeakPassword is the error of [CheckPassword]. Its text is for the person who chose the
// password and never quotes it.
type WeakPassword struct {
	Reason PasswordReason
	Help   string
}

func (e *WeakPassword) Error() string { return e.Help }

// minRemainder is how many characters must be left of a password when everything that is
// easy to guess counts as nothing: the names around it, or what decorates a common password.
const minRemainder = 8

// CheckPassword reports whether a password may be chosen: nil, or a *[WeakPassword] that
// names the reason. The minimum is [MinPasswordLength], or [MinPasswordLengthMFA] when each
// login of the user needs a second factor. The context is what an attacker tries first
// because it stands around the account: username, e-mail address, names, the organization's
// name and alias. The product's own name is always part of it.
//
// The rules are those of NIST SP 800-63B-4, 3.1.1.2: length, a blocklist, and no rule on
// the kinds of characters, since such rules make people choose "Password1!". The blocklist
// is compared with the whole password, and with what is left of it without the usual digits,
// punctuation and look-alike letters around a common one.
func CheckPassword(password string, minimum int, context ...string) error {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return &WeakPassword{PasswordForm, "value must be UTF-8 text without control characters"}
	}
	normal := normalizePassword(password)
	if n := utf8.RuneCountInString(normal); n < minimum || n > MaxPasswordLength {
		return &WeakPassword{PasswordLength, fmt.Sprintf("value must have between %d and %d characters", minimum, MaxPasswordLength)}
	}
	folded := foldPassword(normal)
	switch {
	case isCommon(folded):
		return &WeakPassword{PasswordCommon, "value is known from leaked passwords; choose another"}
	case isPattern(folded):
		return &WeakPassword{PasswordPattern, "value is a repetition or a sequence; choose another"}
	case isContext(folded, context):
		return &WeakPassword{PasswordContext, "value consists of a name that others know, such as yours; choose another"}
	}
	return nil
}

// normalizePassword makes one text of the many byte strings that keyboards and systems
// produce for the same typed password: other spaces become the ASCII one, and the rest takes
// normalisation form C (RFC 8265 4.2.2). Letter case counts. What is not UTF-8 stays as it
// is: mapped, all wrong bytes would become one character and passwords would meet.
func normalizePassword(password string) string {
	if !utf8.ValidString(password) {
		return password
	}
	spaced := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password)
	return norm.NFC.String(spaced)
}

// foldPassword brings forms together that a guesser tries as one: letter case, and
// compatibility forms such as full-width letters.
func foldPassword(text string) string { return strings.ToLower(norm.NFKC.String(text)) }

// commonPasswords is the blocklist: lines in lower case, sorted bytewise. It is made by
// scripts/common-passwords.
//
//go:embed commonpasswords.txt
var commonPasswords string

// listed looks a folded text up by binary search over the lines, in place: no copy of the
// list is kept.
func listed(word string) bool {
	low, high := 0, len(commonPasswords)
	for low < high {
		middle := low + (high-low)/2
		start := low + 1 + strings.LastIndexByte(commonPasswords[low:middle], '\n')
		end := start + strings.IndexByte(commonPasswords[start:], '\n')
		switch line := commonPasswords[start:end]; {
		case line == word:
			return true
		case line < word:
			low = end + 1
		default:
			high = start
		}
	}
	return false
}

// isCommon looks for the whole password, and for its core: what is between digits and
// punctuation at the ends, if those are themselves easy to guess.
func isCommon(folded string) bool {
	if listed(folded) {
		return true
	}
	isNotLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	tail := strings.TrimLeftFunc(folded, isNotLetter)
	core := strings.TrimRightFunc(tail, isNotLetter)
	before, after := folded[:len(folded)-len(tail)], tail[len(core):]
	if core == "" || guessLength(before)+guessLength(after) >= minRemainder {
		return false
	}
	return listed(core) || listed(lookAlikes("i").Replace(core)) || listed(lookAlikes("l").Replace(core))
}

// lookAlikes reads digits and signs as the letters that people replace by them. The digit 1
// stands for two.
func lookAlikes(one string) *strings.Replacer {
	return strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", one, "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")
}

// isPattern finds a short unit that repeats, and texts that are a few runs along the
// alphabet, the digits or the keyboard.
func isPattern(folded string) bool {
	unit := period(folded)
	return unit != folded && (utf8.RuneCountInString(unit) < minRemainder || isCommon(unit)) || guessLength(folded) < minRemainder/2
}

// period returns the shortest text that gives the whole when repeated, the last time
// perhaps cut; the text itself if there is none.
func period(text string) string {
	runes := []rune(text)
	for n := 1; n <= len(runes)/2; n++ {
		if slices.Equal(runes[n:], runes[:len(runes)-n]) {
			return string(runes[:n])
		}
	}
	return text
}

// runs are the orders that fingers and minds follow: alphabet, digits, rows and columns of
// keyboards (QWERTY and AZERTY), each in both directions.
const runs = "abcdefghijklmnopqrstuvwxyz zyxwvutsrqponmlkjihgfedcba 012345678901234567890 098765432109876543210 " +
	"qwertyuiop poiuytrewq asdfghjkl lkjhgfdsa zxcvbnm mnbvcxz azertyuiop poiuytreza qsdfghjklm mlkjhgfdsq wxcvbn nbvcxw " +
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm mju7nhy6bgt5vfr4cde3xsw2zaq1 q1w2e3r4t5y6u7i8o9p0 1q2w3e4r5t6y7u8i9o0p " +
	"!@#$%^&*() )(*&^%$#@!"

// guessLength is the number of characters when each run of three or more counts as one.
func guessLength(text string) int {
	runes := []rune(text)
	count := 0
	for i := 0; i < len(runes); count++ {
		end := i + 1
		for end < len(runes) && inRun(runes[i:end+1]) {
			end++
		}
		if end-i < 3 {
			end = i + 1
		}
		i = end
	}
	return count
}

func inRun(part []rune) bool {
	if !slices.ContainsFunc(part, func(r rune) bool { return r != part[0] }) {
		return true
	}
	return !slices.Contains(part, ' ') && strings.Contains(runs, string(part))
}

// isContext takes the names out of the password and asks whether enough is left. A password
// that merely contains a name is not refused: "alice" in four random words costs nothing.
func isContext(folded string, context []string) bool {
	words := []string{"bailiwick"}
	for _, text := range context {
		name := foldPassword(text)
		words = append(words, name)
		words = append(words, strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	// Longest first, so that a part of a name does not break the name up.
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	left := folded
	for _, word := range words {
		if utf8.RuneCountInString(word) >= 3 {
			left = strings.ReplaceAll(left, word, "")
		}
	}
	return left != folded && guessLength(left) < minRemainder
}
