"""What changes from one ontology to another: axioms, hierarchy, statements, and the plans of patients."""
