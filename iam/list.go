package iam

// Bounds of paging (wire: page 1 to 10,000, page_size 1 to 100).
const (
	DefaultPageSize        = 20
	DefaultProjectPageSize = 50
	MaxPageSize            = 100
	MaxPage                = 10_000
	// MaxFilterValues bounds the values of one repeated query key.
	MaxFilterValues = 100
)

// Page selects a slice of a list: Number from 1, Size items each.
type Page struct {
	Number int
	Size   int
}

// Order is a field and a direction, as order_by names them ("created_at", "name", ...).
type Order struct {
	Field      string
	Descending bool
}
