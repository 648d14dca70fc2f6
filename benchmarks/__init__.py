"""How fast is it? Each program prints a table and ends; docs/performance.md says how to read them."""
