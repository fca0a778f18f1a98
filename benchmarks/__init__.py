"""What the package is measured by: subjects of several sizes, and rivals on the same instances."""
