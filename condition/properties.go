package condition

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Properties come from whoever asks for a decision. The writer of a condition cannot know
// their size, and a caller must not be able to make a condition work hard: what a condition
// reads is measured when it is read, before anything is done with it. The bounds are of one
// value that is read from one of the three maps, not of the map, which a condition can read
// by key only: a resource may have many properties.

var (
	errPropertyText = fmt.Errorf("a property has a text of more than %d bytes", maxAttribute)
	errPropertySize = fmt.Errorf("a property has more than %d elements", maxElements)
	errPropertyKind = errors.New("a property is not a JSON value")
)

// properties returns one of the maps of properties; nil if it is absent.
func (in *Input) properties(v variable) map[string]any {
	switch v {
	case actionProperties:
		return in.ActionProperties
	case resourceProperties:
		return in.ResourceProperties
	case subjectProperties:
		return in.SubjectProperties
	}
	return nil
}

// measure returns why a value cannot be read. It stops at the first element too many, so
// its own work is bounded too. A value that contains itself has too many elements.
func measure(value any) error {
	left := maxElements
	return measureRest(value, &left)
}

func measureRest(value any, left *int) error {
	switch v := value.(type) {
	case nil, bool, float64:
		return nil
	case string:
		return measureText(v)
	case []any:
		if *left -= len(v); *left < 0 {
			return errPropertySize
		}
		for _, element := range v {
			if err := measureRest(element, left); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if *left -= len(v); *left < 0 {
			return errPropertySize
		}
		for key, element := range v {
			if err := errors.Join(measureText(key), measureRest(element, left)); err != nil {
				return err
			}
		}
		return nil
	}
	return errPropertyKind
}

func measureText(s string) error {
	if len(s) > maxAttribute {
		return errPropertyText
	}
	return nil
}

// propertyMap shows one of the maps of properties to cel-go, without copying it.
func propertyMap(properties map[string]any) traits.Mapper {
	return types.NewStringInterfaceMap(propertyAdapter{}, properties)
}

// propertyAdapter gives cel-go the values inside of properties, measured.
type propertyAdapter struct{}

// NativeToValue is part of types.Adapter.
func (a propertyAdapter) NativeToValue(value any) ref.Val {
	if value, ok := value.(ref.Val); ok {
		return value
	}
	if err := measure(value); err != nil {
		return types.WrapErr(err)
	}
	switch v := value.(type) {
	case bool:
		return types.Bool(v)
	case float64:
		return types.Double(v)
	case string:
		return types.String(v)
	case []any:
		return types.NewDynamicList(a, v)
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	}
	return types.NullValue
}
