"""What OWL says: Turtle sources in, axioms, class expressions, rules and a reasoner's entailments out."""
