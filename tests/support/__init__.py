"""What several tests need: cases, random patients, comparisons, and ways to run hipkg; no test is in it."""
