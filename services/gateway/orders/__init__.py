"""Orders of pictures that outlive their callers: checked, composed, told of."""
