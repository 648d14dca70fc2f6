"""Floor 4: marshmallow schemas, in and out, shared by both doors; unknown fields are refused."""
