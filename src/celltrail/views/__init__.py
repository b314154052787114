"""Static html and text of runs: what stays readable without scripts."""
