"""hipkg: derive and defend plans for hip pain from guideline knowledge."""
