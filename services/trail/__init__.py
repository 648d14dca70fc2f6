"""Reading the audit trail: what an event is about, who may be told of it, whether the chain is whole."""
