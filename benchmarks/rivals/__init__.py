"""Other solvers on the same instances, given as plain arrays and scored by the same verifier."""
