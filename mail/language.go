package mail

import (
	"fmt"
	"strings"
	"time"
)

// language is what the words of a letter depend on beside its template.
type language struct {
	code    string
	months  [12]string
	clock   string // between the day and the time
	changes map[Change]string
}

// time prints a moment for people, in UTC.
func (l language) time(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("%d %s %d %s %02d:%02d UTC", t.Day(), l.months[t.Month()-1], t.Year(), l.clock, t.Hour(), t.Minute())
}

// languageOf picks the language of a locale such as "fr_FR"; English for all that we do not
// speak.
func languageOf(locale string) language {
	if strings.HasPrefix(locale, "fr") {
		return french()
	}
	return english()
}

func languages() []language { return []language{english(), french()} }

func english() language {
	return language{
		code: "en", clock: "at",
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		changes: map[Change]string{
			PasswordChanged: "The password was changed.", TOTPAdded: "An authenticator app was added.", TOTPRemoved: "The authenticator app was removed.",
			PasskeyAdded: "A passkey was added.", PasskeyRemoved: "A passkey was removed.", RecoveryCodeUsed: "A recovery code was used. It does not work again.",
			MFAEnforced:    "A second factor is now required from everybody in the organization.",
			MFANotEnforced: "A second factor is no longer required from everybody in the organization.",
		},
	}
}

func french() language {
	return language{
		code: "fr", clock: "à",
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		changes: map[Change]string{
			PasswordChanged: "Le mot de passe a été modifié.", TOTPAdded: "Une application d’authentification a été ajoutée.", TOTPRemoved: "L’application d’authentification a été supprimée.",
			PasskeyAdded: "Une clé d’accès a été ajoutée.", PasskeyRemoved: "Une clé d’accès a été supprimée.", RecoveryCodeUsed: "Un code de secours a été utilisé. Il ne fonctionne plus.",
			MFAEnforced:    "Un second facteur est désormais exigé de tous les membres de l’organisation.",
			MFANotEnforced: "Un second facteur n’est plus exigé de tous les membres de l’organisation.",
		},
	}
}
