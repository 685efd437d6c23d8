"""A plan in, what stands behind it and what would change it out: proofs, remedies, questions, ledger."""
