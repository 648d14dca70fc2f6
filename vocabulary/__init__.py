"""Floor 0: the words of the field, without behaviour; imports nothing of the house."""
