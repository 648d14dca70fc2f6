"""The use cases of support requests and support offers: write, submit, claim, publish."""
