package condition

// outcomes is a set of what an evaluation can end in.
type outcomes uint8

const (
	isTrue outcomes = 1 << iota
	isFalse
	isError
	anything = isTrue | isFalse | isError
)

func outcomeOf(holds bool, err error) outcomes {
	switch {
	case err != nil:
		return isError
	case holds:
		return isTrue
	}
	return isFalse
}

// Each of these gives every outcome that the operation can have when its operands have any
// of theirs. What the operands have to do with each other is not known here: the result can
// be too large, never too small.

func (a outcomes) not() outcomes {
	return a&isError | a&isTrue<<1 | a&isFalse>>1
}

func (a outcomes) and(b outcomes) (result outcomes) {
	result = a & b & isTrue
	result |= (a | b) & isFalse
	if a&isError != 0 && b&^isFalse != 0 || b&isError != 0 && a&^isFalse != 0 {
		result |= isError
	}
	return result
}

func (a outcomes) or(b outcomes) outcomes { return a.not().and(b.not()).not() }

func (a outcomes) choose(then, otherwise outcomes) outcomes {
	result := a & isError
	if a&isTrue != 0 {
		result |= then
	}
	if a&isFalse != 0 {
		result |= otherwise
	}
	return result
}

func (a outcomes) equal(b outcomes) outcomes {
	result := (a | b) & isError
	if a&b&(isTrue|isFalse) != 0 {
		result |= isTrue
	}
	if a&isTrue != 0 && b&isFalse != 0 || a&isFalse != 0 && b&isTrue != 0 {
		result |= isFalse
	}
	return result
}
