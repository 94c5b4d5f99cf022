"""How fast is it, beside what? Ratios only, measured in one run; `make bench` writes them to bench.json."""
