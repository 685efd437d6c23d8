"""The rules of the statement frame as tables: from slots to answers, states, claims and statuses, in this order.

They are the one place where these rules are written as data. The native derivation interprets them, the compiled text
of a statement and the probes of the ontology's checks are made from them, and a test holds the tables in
``queries/derive/*.rq`` to them.
"""
